"""Hydra: configuration groups and overrides in, frozen `Settings` out. The only package that knows Hydra.

    compose(["render=draft", "storyboard.seed=3"]).settings.render.steps_scale     # 0.5

The groups lie in the shipped `conf/`. A project adds its own: the directory given as `config_dir`, else `conf/` in the
working directory when it is wanflow's (`flows.config.folders`). A file there comes before a shipped one of its name.
`project/default.yaml` (the project's settings) and `local/default.yaml` (this machine's) are applied by themselves.
"""

from flows.config.combinations import combinations, differing
from flows.config.composition import Composition, compose
from flows.config.folders import config_folders, is_of_others
from flows.config.sent import as_override, sent_overrides

__all__ = [
    "Composition",
    "as_override",
    "combinations",
    "compose",
    "config_folders",
    "differing",
    "is_of_others",
    "sent_overrides",
]

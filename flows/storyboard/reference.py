"""The language reference in Markdown, made from the table of the language and from `words`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from flows.storyboard import words
from flows.storyboard.language import DEFAULTS, FILM, GROUPS, SHOT, VERSION
from flows.storyboard.quantities import MAX_HOURS
from flows.storyboard.records import Field, Record
from flows.storyboard.shapes import inside, records

_START = f"""# The storyboard language, version {VERSION}

Made from `flows/storyboard/language.py` by `python -m flows.storyboard.generate`; a test keeps it fresh.

A storyboard is a YAML file. The smallest one:

```yaml
storyboard: {VERSION}
title: The paper boat
scenes:
  - shots:
      - prompt: a white paper boat moves left to right over water
```

`wanflow check FILE` names every problem by file, line and column, with the fix. Editors that know JSON Schema complete
and check keys with this first line: `# yaml-language-server: $schema=…/flows/storyboard/storyboard.schema.json`.

## What holds everywhere

- **Text stays text.** `on`, `12:30`, `016`, `${{x}}`, `a, b` and `null` are prompts as they stand. Quotes are needed,
  as in all YAML, by text that starts with one of `{{ [ * & ! @ % | > "` or has `: ` or ` #` in it.
- **Ids** are `{words.ID}`, unique among their siblings; scenes and shots without one are numbered.
  A shot is `scene.shot`; its bare id is enough where no other shot of the film has it.
- **Lower levels inherit from upper ones.** Of a shot's keys: `shot_defaults`, then the scene's `defaults`, then the
  shot. `sampling` and `look` are inherited key by key, everything else as a whole.
- **Lengths of time** are `2s`, `0.5s`, `1m30s`, `500ms`, or a number of seconds; at most {MAX_HOURS} hours.
- **Files** are named relative to the storyboard's folder and lie inside it, or inside one of `assets.roots`. In a
  shared look, cast or soundtrack they are relative to the folder that holds `looks/`, `casts/` and `soundtracks/`.
- **Not allowed**, because storyboards come from other people: YAML tags, merge keys (`<<`), addresses, control
  characters, more than one document in a file, files above 16 MiB, aliases that spread out to millions of values.

## Prompts

The prompt of a shot, the scene's setting, and from the look: style, camera, lighting, lens, palette are joined by `, `
in that order. `<id>` becomes the description of that cast member; an unknown `<id>` is an error, any other `<` is text.

In every text `{{{{ name }}}}` becomes the variable of that name, `{{{{ name | title }}}}` the same through a filter.
Nothing else of Jinja is allowed: no loops, conditions, calls, attributes, arithmetic.

So it does in every other value but ids and names of shared files: `duration: "{{{{ seconds }}}}"`,
`image: "{{{{ picture }}}}"`, `aspect: "{{{{ shape }}}}"`. What comes of it is checked like any other value. A file
that is one variable alone is looked for beside what gives the variable its value: the storyboard, or the table
of a batch ([batches.md](batches.md)). There a variable with `example: boat` instead of a value must be a column:
the example is for a look at one film.
"""

_TABLES: Mapping[str, Mapping[str, str]] = {
    "Transitions": words.TRANSITIONS,
    "Ways to continue a shot": words.CONTINUITY,
    "Modes of motion": words.MOTION_MODES,
    "Solvers": words.SOLVERS,
    "Video codecs": words.VIDEO_CODECS,
    "Filters": words.FILTERS,
}
_OVERRIDES = """## From the command line

`storyboard.<key>=<value>` changes one value before the file is checked; text needs no quotes beyond the shell's:

| override | changes |
| --- | --- |
| `storyboard.seed=3` | the film's seed |
| `storyboard.variables.product=kite` | a variable |
| `storyboard.look=storybook` | which shared look is used (also `cast`, `soundtrack`) |
| `storyboard.shots.drift.seed=3`, `storyboard.shots.river.drift.prompt='a, b'` | a shot by its id |
| `storyboard.scenes.0.shots.1.seed=3` | a shot by its position, from 0 |
| `storyboard.shots.drift.continuity='{from: launch, by: last_frame}'` | a whole map |
| `~storyboard.look.lens` | removes a key |
"""


def reference_text() -> str:
    """The whole reference."""
    parts = [_START]
    parts += [_section(record) for record in records(FILM)]
    parts += [_names(title, table) for title, table in _TABLES.items()]
    folders = "\n".join(f"- `{key}: name` reads `{folder}/name.yaml`" for key, folder in GROUPS.items())
    parts.append(f"## Shared folders\n\n{folders}\n")
    parts.append(_OVERRIDES)
    return "\n".join(parts)


def _section(record: Record) -> str:
    fields: Iterable[Field] = record.fields
    note = ""
    if record is SHOT:
        own = [field for field in record.fields if field.key not in DEFAULTS.by_key]
        fields, note = own, f"\n\nAnd every key of [{_title(DEFAULTS)}](#{_anchor(DEFAULTS)})."
    rows = "\n".join(_row(field) for field in fields)
    head = "| key | value | meaning | without it |\n| --- | --- | --- | --- |"
    return f"## {_title(record)}\n\n{record.doc}{note}\n\n{head}\n{rows}\n"


def _row(field: Field) -> str:
    missing = "**required**" if field.required else field.default or ""
    inner = inside(field.kind)
    value = field.kind.words()
    if inner is not None:
        value = f"{value} ([{_title(inner)}](#{_anchor(inner)}))"
    return f"| `{field.key}` | {value} | {field.doc} | {missing} |"


def _names(title: str, table: Mapping[str, str]) -> str:
    rows = "\n".join(f"| `{name}` | {what} |" for name, what in table.items())
    return f"## {title}\n\n| name | meaning |\n| --- | --- |\n{rows}\n"


def _title(record: Record) -> str:
    return record.slug.replace("_", " ").capitalize()


def _anchor(record: Record) -> str:
    return _title(record).lower().replace(" ", "-").replace("'", "")

"""A plain driving video becomes what Animate is shown: a pose video, a face video, a background and a mask."""

from wan.animate.preprocess.models import PreprocessModels, load_models, models_digest
from wan.animate.preprocess.prepare import Prepared, PreprocessSettings, preprocess, preprocess_key

__all__ = [
    "Prepared",
    "PreprocessModels",
    "PreprocessSettings",
    "load_models",
    "models_digest",
    "preprocess",
    "preprocess_key",
]

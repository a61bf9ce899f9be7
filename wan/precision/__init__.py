"""In which types a model's weights are kept, per `Numerics.precision`."""

from wan.precision.dtypes import cast_model, dtype_of
from wan.precision.fp8 import Fp8Linear, check_fp8, quantise, quantised_linears

__all__ = ["Fp8Linear", "cast_model", "check_fp8", "dtype_of", "quantise", "quantised_linears"]

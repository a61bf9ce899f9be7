"""In which types a model's weights are kept, per `Numerics.precision`."""

from wan.precision.dtypes import cast_model, dtype_of, set_convolutions
from wan.precision.fp8 import Fp8Linear, as_fp8, check_fp8, to_e4m3

__all__ = ["Fp8Linear", "as_fp8", "cast_model", "check_fp8", "dtype_of", "set_convolutions", "to_e4m3"]

"""torch.special: pointwise functions, whose results are floats."""

from __future__ import annotations

from shapelens.rules.call import Call
from shapelens.rules.registry import rule
from shapelens.rules.torch.elementwise import COMPLEX, Family, as_float, binary, refuse, unary
from shapelens.values import Tensor

UNARY = Family(
    "airy_ai bessel_j0 bessel_j1 bessel_y0 bessel_y1 digamma entr erf erfc erfcx erfinv exp2 expm1 gammaln i0 "
    "i0e i1 i1e log1p log_ndtr modified_bessel_i0 modified_bessel_i1 modified_bessel_k0 modified_bessel_k1 ndtr ndtri "
    "psi scaled_modified_bessel_k0 scaled_modified_bessel_k1 sinc spherical_bessel_j0",
    "float",
)
BINARY = Family(
    "chebyshev_polynomial_t chebyshev_polynomial_u chebyshev_polynomial_v chebyshev_polynomial_w hermite_polynomial_h "
    "hermite_polynomial_he laguerre_polynomial_l legendre_polynomial_p shifted_chebyshev_polynomial_t "
    "shifted_chebyshev_polynomial_u shifted_chebyshev_polynomial_v shifted_chebyshev_polynomial_w xlog1py xlogy zeta "
    "gammainc gammaincc",
    "float",
)

rule(*[f"torch.special.{name}" for name in UNARY.names.split()])(unary(UNARY))
rule(*[f"torch.special.{name}" for name in BINARY.names.split()])(binary(BINARY))


@rule("torch.special.logit")
def logit(c: Call, input: Tensor, eps: object = None) -> Tensor:
    refuse(c, input.dtype, (COMPLEX,), input)
    return input.with_(dtype=as_float(input.dtype, c.floating))


@rule("torch.special.round")
def round_(c: Call, input: Tensor, *, decimals: object = 0) -> Tensor:
    refuse(c, input.dtype, (COMPLEX,), input)
    return input.with_()

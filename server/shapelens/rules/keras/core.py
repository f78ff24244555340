"""keras.layers: Dense and the other basic layers.

Dense    (*batch, in)  ->  (*batch, units); its kernel (in, units) is made by the first input
"""

from __future__ import annotations

from shapelens.rules.call import Call
from shapelens.rules.keras.layer import built, floating, keras_layer, weight
from shapelens.values import Instance, Open, Tensor


@keras_layer(
    "Dense",
    "units, activation=None, use_bias=True, kernel_initializer='glorot_uniform', bias_initializer='zeros', "
    "kernel_regularizer=None, bias_regularizer=None, kernel_constraint=None, "
    "bias_constraint=None, lora_rank=None, lora_alpha=None, quantization_config=None",
    min_ndim=2,
)
def dense(c: Call, self: Instance, inputs: Tensor) -> Tensor:
    """(*batch, in) to (*batch, units)."""
    units = c.dim(self.attrs["units"])
    shape = c.shape(inputs)
    if isinstance(shape, Open):
        shape = c.at_least(shape, 1, 1)
        inputs = inputs.with_(shape=shape, origin=inputs.origin)
        return Tensor(Open(shape.prefix, shape.var, (*shape.suffix[:-1], units)), floating(c, self, inputs))
    features = built(c, self, inputs)
    weight(c, self, "kernel", (features, units))
    if self.attrs.get("use_bias") is not False:
        weight(c, self, "bias", (units,))
    return Tensor((*c.dims(inputs)[:-1], units), floating(c, self, inputs))

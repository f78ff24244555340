"""Keras: inputs, layers and models as objects: how they are made, built, called and fitted, and what they know of themselves.

A layer is an `Instance` whose class is, or inherits from, keras.layers.Layer. Calling one casts its inputs, builds it by
the first of them (a `build` of the program runs then), and runs the rule of the library's layer or the program's `call`.
A Sequential keeps its layers, and the symbolic tensors that go in and come out once its input is known. A functional model
keeps the structures of its inputs and outputs; called, it puts the new sizes in the place of its inputs' symbols.
Sizes that are None in Keras are symbols: the batch is the same `B` throughout a run.

The rules of the layers are in `rules/keras`. What the rest of the interpreter needs of this folder is named here.
"""

from shapelens.interpreter.keras.calling import call_layer, make
from shapelens.interpreter.keras.graph import flatten, layers_of, shape_tuple, tensors_between
from shapelens.interpreter.keras.kinds import NO_METHOD, OWN, give_name, is_keras_class, is_layer
from shapelens.interpreter.keras.methods import attribute, call_method, has_method

__all__ = [
    "NO_METHOD", "OWN", "attribute", "call_layer", "call_method", "flatten", "give_name", "has_method", "is_keras_class",
    "is_layer", "layers_of", "make", "shape_tuple", "tensors_between",
]  # fmt: skip

"""Random programs in people's idiom, run by the real frameworks and held against what Shapelens says of them.

`scope` writes programs piece by piece, `plain`, `torch_pieces`, `numpy_pieces` and `keras_pieces` are the pieces, `worker` runs
programs in a process of its own, `judging` compares, `shrinking` makes a failing program small, `command` is the face.
"""

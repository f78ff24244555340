"""Shape rules: one folder a library, one file a topic; see `registry` for how a rule is written."""

from shapelens.rules.call import Call, Failure, Fix, NotKnown, Related

__all__ = ["Call", "Failure", "Fix", "NotKnown", "Related"]

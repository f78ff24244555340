"""PyTorch around the tensors: default dtype and device, autocast, checkpoints, functions of autograd, decorators."""

from __future__ import annotations

import ast
from typing import Any

from shapelens.interpreter import calls, classes, iteration
from shapelens.interpreter.machine import Frame, Machine
from shapelens.interpreter.natives import NATIVES, Native, decorator_or_factory, first_argument, native, nothing
from shapelens.interpreter.truth import truth
from shapelens.rules.autocast import DEFAULTS, Autocast
from shapelens.rules.devices import DEVICE, device_kind
from shapelens.values import UNKNOWN, Choice, Class, Descriptor, Exceptional, Function, Instance, Lib, Scalar, Unknown

AUTOCAST = Lib("torch.autocast")


@native("torch._assert")
def _assert(m: Machine, f: Frame, node: ast.AST, args: list[Any], kwargs: dict[str, Any]) -> Any:
    said = args[1] if len(args) > 1 else kwargs.get("message")
    if args and truth(m, args[0]) is False:
        raise Exceptional("AssertionError", None, said if isinstance(said, str) else None)
    return None


@native("torch.autograd.Function.apply")
def _apply_function(m: Machine, f: Frame, node: ast.AST, args: list[Any], kwargs: dict[str, Any]) -> Any:
    """`MyFunction.apply(x)` runs its static `forward`, with a context unless it is set up apart."""
    if not args or not isinstance(args[0], Class):
        return UNKNOWN
    forward = classes.find_in_class(args[0], "forward")[0]
    function = forward.function if isinstance(forward, Descriptor) else forward
    if not isinstance(function, Function):
        return UNKNOWN
    apart = isinstance(classes.find_in_class(args[0], "setup_context")[1], Class)
    context = [] if apart else [Instance(Lib("torch.autograd.function.FunctionCtx"), {"?": True})]
    receiver = [args[0]] if isinstance(forward, Descriptor) and forward.kind == "classmethod" else []
    return calls.call(m, f, node, function, [*receiver, *context, *args[1:]], kwargs)


def _autocast_of(device: str | None) -> Native:
    """torch.autocast of a device that is given, or that the name says: used in a `with`, or as a decorator."""

    def apply(m: Machine, f: Frame, node: ast.AST, args: list[Any], kwargs: dict[str, Any]) -> Any:
        names = ("enabled", "dtype") if device else ("device_type", "dtype", "enabled")
        given = {**dict(zip(names, args)), **kwargs}
        kind = m.store.value(given.get("device_type", device))
        kind = kind.partition(":")[0] if isinstance(kind, str) else None
        dtype = m.store.value(given.get("dtype"))
        asked = DEFAULTS.get(kind or "") if dtype is None else m.call.dtype(dtype)
        enabled = truth(m, m.store.value(given.get("enabled", True)))
        return Instance(AUTOCAST, {"state": Autocast(kind, asked if enabled else None), "enabled": enabled})

    return apply


for _path in ("torch.autocast", "torch.amp.autocast", "torch.amp.autocast_mode.autocast"):
    NATIVES[_path] = _autocast_of(None)
NATIVES["torch.cuda.amp.autocast"] = _autocast_of("cuda")
NATIVES["torch.cpu.amp.autocast"] = _autocast_of("cpu")


def autocast_state(value: Any) -> tuple[bool, Autocast | None]:
    """Whether a value is torch.autocast, or may be, and the state inside of it: None where it is switched off."""
    if isinstance(value, Choice):
        return any(autocast_state(v)[0] for v in value.values), Autocast()
    if not isinstance(value, Instance) or value.cls is not AUTOCAST:
        return False, None
    enabled = value.attrs["enabled"]
    return True, None if enabled is False else value.attrs["state"] if enabled else Autocast()


for _path in (
    "torch.jit.is_scripting", "torch.jit.is_tracing", "torch.onnx.is_in_onnx_export", "torch.overrides.has_torch_function",
    "torch.compiler.is_compiling", "torch._dynamo.is_compiling", "torch.overrides.has_torch_function_unary",
    "torch.distributed.is_initialized", "torch.overrides.has_torch_function_variadic", "torch.compiler.is_dynamo_compiling",
    "torch.compiler.is_exporting", "torch.is_autocast_enabled", "torch.fx.is_fx_tracing", "torch.xpu.is_available",
    "torch.cuda.is_current_stream_capturing", "torch.xpu.is_current_stream_capturing",
):  # fmt: skip
    NATIVES[_path] = lambda m, f, node, args, kwargs: False


def _tuples(n: int) -> Native:
    def apply(m: Machine, f: Frame, node: ast.AST, args: list[Any], kwargs: dict[str, Any]) -> Any:
        value = m.store.value(args[0]) if args else UNKNOWN
        if isinstance(value, (tuple, list)):
            return tuple(value)
        return (value,) * n if not isinstance(value, Unknown) or isinstance(value, Scalar) else (value,) * n

    return apply


for _n, _name in enumerate(("_single", "_pair", "_triple", "_quadruple"), 1):
    NATIVES[f"torch.nn.modules.utils.{_name}"] = _tuples(_n)


@native("torch.nn.modules.utils._ntuple")
def _ntuple(m: Machine, f: Frame, node: ast.AST, args: list[Any], kwargs: dict[str, Any]) -> Any:
    names = {1: "_single", 2: "_pair", 3: "_triple", 4: "_quadruple"}
    n = args[0] if args else None
    return Lib(f"torch.nn.modules.utils.{names[n]}") if n in names else UNKNOWN


@native("torch.utils.checkpoint.checkpoint")
def _checkpoint(m: Machine, f: Frame, node: ast.AST, args: list[Any], kwargs: dict[str, Any]) -> Any:
    given = {k: v for k, v in kwargs.items() if k not in ("use_reentrant", "preserve_rng_state", "context_fn")}
    return calls.call(m, f, node, args[0], list(args[1:]), given) if args else UNKNOWN


@native("torch.nn.parallel.data_parallel", "torch.nn.parallel.data_parallel.data_parallel")
def _data_parallel(m: Machine, f: Frame, node: ast.AST, args: list[Any], kwargs: dict[str, Any]) -> Any:
    """What the module gives: the batch is split among devices and put together again."""
    inputs = args[1] if len(args) > 1 else kwargs.get("inputs", UNKNOWN)
    named = kwargs.get("module_kwargs")
    if not args or named is not None:
        return UNKNOWN
    return calls.call(m, f, node, args[0], list(inputs) if type(inputs) is tuple else [inputs], {})


@native("torch.utils.checkpoint.checkpoint_sequential")
def _checkpoint_sequential(m: Machine, f: Frame, node: ast.AST, args: list[Any], kwargs: dict[str, Any]) -> Any:
    value = args[2] if len(args) > 2 else kwargs.get("input", UNKNOWN)
    items, rest = iteration.iterate(m, f, args[0] if args else UNKNOWN, node)
    for function in items:
        value = calls.call(m, f, node, function, [value], {})
    return UNKNOWN if rest is not None else value


@native("torch.get_default_dtype")
def _default_dtype(m: Machine, f: Frame, node: ast.AST, args: list[Any], kwargs: dict[str, Any]) -> Any:
    return UNKNOWN if m.call.floating is None else Lib(f"torch.{m.call.floating}")


@native("torch.set_default_dtype", "torch.set_default_tensor_type")
def _set_default_dtype(m: Machine, f: Frame, node: ast.AST, args: list[Any], kwargs: dict[str, Any]) -> Any:
    """What follows is made in that dtype; after a branch that may not have been taken, in an unknown one."""
    value = m.store.value(args[0]) if args else UNKNOWN
    name = value.name if isinstance(value, Lib) else value.rpartition(".")[2] if isinstance(value, str) else ""
    kinds = {"DoubleTensor": "float64", "FloatTensor": "float32", "HalfTensor": "float16", "BFloat16Tensor": "bfloat16"}
    found = kinds.get(name) or m.call.dtype(value)
    if found != m.call.floating:
        m.call.floating = None if m.touched else found
        m.memo.clear()
        m.templates.clear()
        for watch in m.watches:
            watch[1] = 1
    return None


_LIMITS = ("min", "max", "tiny", "eps", "smallest_normal", "resolution")


def _limits_of(path: str, kind: str) -> Native:
    """What a dtype holds: floats, or ints for the integer types, and the number of bits."""

    def apply(m: Machine, f: Frame, node: ast.AST, args: list[Any], kwargs: dict[str, Any]) -> Any:
        values: dict[str, Any] = {name: Scalar(kind) for name in _LIMITS}
        return Instance(Lib(path), {**values, "bits": Scalar("int")})

    return apply


for _path in ("torch.finfo", "torch.iinfo", "numpy.finfo", "numpy.iinfo"):
    NATIVES[_path] = _limits_of(_path, "int" if _path.endswith("iinfo") else "float")


@native("torch.is_grad_enabled", "torch.is_inference_mode_enabled", "torch.accelerator.is_available")
def _state_of_torch(m: Machine, f: Frame, node: ast.AST, args: list[Any], kwargs: dict[str, Any]) -> Any:
    return Scalar("bool")


@native("torch.cuda.is_available", "torch.backends.mps.is_available", "torch.cuda.is_bf16_supported")
def _available(m: Machine, f: Frame, node: ast.AST, args: list[Any], kwargs: dict[str, Any]) -> Any:
    return Scalar("bool")


@native("torch.device")
def _device(m: Machine, f: Frame, node: ast.AST, args: list[Any], kwargs: dict[str, Any]) -> Any:
    """A device; `type` is what its kind is, unknown where a condition chose it."""
    value = m.store.value(args[0] if args else kwargs.get("device", kwargs.get("type", UNKNOWN)))
    if isinstance(value, Instance) and value.cls is DEVICE:
        return value
    return Instance(DEVICE, {"type": device_kind(m.call, value) or Scalar("str"), "index": UNKNOWN})


@native("torch.set_default_device")
def _set_default_device(m: Machine, f: Frame, node: ast.AST, args: list[Any], kwargs: dict[str, Any]) -> Any:
    m.call.device = None if m.touched or not args else device_kind(m.call, args[0])
    m.memo.clear()
    m.templates.clear()
    return None


@native("torch.nn.DataParallel", "torch.nn.parallel.DataParallel", "torch.nn.parallel.DistributedDataParallel")
def _parallel(m: Machine, f: Frame, node: ast.AST, args: list[Any], kwargs: dict[str, Any]) -> Any:
    """The module itself, but it moves its inputs to where it is."""
    m.call.moves = True
    return args[0] if args else kwargs.get("module", UNKNOWN)


# -- decorators, and what has no effect on any shape ---------------------------------------------------------------

for _path in (
    "torch.no_grad()", "torch.jit.script", "torch.jit.unused", "torch.jit.ignore", "torch.jit.export", "torch.jit.interface",
    "torch.jit._overload_method", "torch.jit.script_if_tracing", "torch.jit.script_method", "torch.compile",
    "torch.compiler.disable", "torch.fx.wrap", "torch.nn.SyncBatchNorm.convert_sync_batchnorm",
    "torch.nn.utils.weight_norm", "torch.nn.utils.spectral_norm", "torch.nn.utils.parametrizations.weight_norm",
    "torch.nn.utils.parametrizations.spectral_norm", "torch.nn.utils.parametrizations.orthogonal",
    "torch.nn.utils.remove_weight_norm", "torch.nn.utils.remove_spectral_norm", "torch.nn.utils.fusion.fuse_conv_bn_eval",
    "torch.autograd.Variable", "torch._dynamo.assume_constant_result", "torch._dynamo.allow_in_graph",
    "torch.utils._pytree.tree_map_only",
):  # fmt: skip
    NATIVES[_path] = first_argument

for _path in (
    "torch.no_grad", "torch.inference_mode", "torch.enable_grad", "torch.set_grad_enabled", "torch.cuda.amp.custom_fwd",
    "torch.cuda.amp.custom_bwd",
):  # fmt: skip
    NATIVES[_path] = decorator_or_factory

for _path in (
    "torch._C._log_api_usage_once", "torch.manual_seed", "torch.cuda.manual_seed", "torch.cuda.manual_seed_all",
    "torch.nn.Module.__init__", "torch.set_printoptions", "torch.cuda.empty_cache", "torch.cuda.synchronize",
):  # fmt: skip
    NATIVES[_path] = nothing

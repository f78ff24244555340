"""The oracle's worker: runs on the user's interpreter, calls allowlisted callables on tensors without data, no more.

It asks one library: torch, on the meta device, or Keras, on symbolic tensors (whatever backend it has).

Started as `python -I -S -B worker.py` in an empty folder; it imports nothing of Shapelens and nothing of the workspace.
One JSON object a line: the first line in says where packages lie and what the limits are, the first out says
which version of the library there is and what may be asked. Then, for each question in, one answer out. Old Pythons
must be able to read this file.

A value is JSON: null, true, numbers and strings are themselves, a list is a list; `{"t": [...]}` a tuple,
`{"x": [dims], "d": dtype}` a tensor, `{"d": dtype}` a dtype, `{"f": "nan"}` a float that JSON has not,
`{"c": [re, im]}` a complex number, `{"a": name}` a layout or memory format. Of an answer: `["x", dims, dtype]` is a
tensor, `["t", items, names]` a tuple, `["l", items]` a list, `["n"]` None, `["?"]` anything else.
"""

from __future__ import annotations

import contextlib
import importlib
import inspect
import json
import os
import select
import signal
import sys
import threading
import time
from typing import Any

PROTOCOL = 1
MODULES = ("linalg", "fft", "special")

# What reads or writes files, starts something, changes torch itself, looks at memory, or depends on data.
DENIED = frozenset(
    """
    load save from_file frombuffer from_numpy from_dlpack to_dlpack compile asarray as_tensor seed initial_seed
    manual_seed get_rng_state set_rng_state backward register_hook register_post_accumulate_grad_hook share_memory
    is_shared storage untyped_storage data_ptr const_data_ptr numpy tolist item apply map module_load reinforce
    retain_grad cuda cpu xpu ipu mtia hpu pin_memory record_stream to type values indices coalesce embedding_bag lstsq
    promote_types result_type can_cast is_vulkan_available triton import_ir_module sym_constrain_range
    sym_constrain_range_for_size new as_subclass resize resize_as storage_type segment_reduce refine_names rename
    align_to unflatten_names boolean_dispatch handle_torch_function has_torch_function has_torch_function_unary
    has_torch_function_variadic
    """.split()
)
DENIED_PARTS = tuple(
    """
    cudnn miopen mkldnn fbgemm quantize sparse set_ storage dlpack library crow_ ccol_ row_indices col_indices nonzero
    q_per_channel q_scale q_zero choose_qparams
    """.split()
)
FILE_EVENTS = frozenset(("os.remove", "os.mkdir", "os.rmdir"))
EVENTS = (
    "os.system", "os.exec", "os.spawn", "os.posix_spawn", "os.fork", "os.startfile", "os.rename", "os.link",
    "os.symlink", "os.chmod", "os.chown", "os.chflags", "os.truncate", "os.utime", "os.setxattr", "os.removexattr",
    "os.kill", "os.chdir", "os.fchdir", "subprocess.", "socket.", "shutil.", "webbrowser.", "ftplib.", "urllib.",
    "smtplib.", "pty.", "pickle.", "sqlite3.", "winreg.", "_winapi.",
)  # fmt: skip


class Refused(Exception):
    """What was asked for is not on the list."""


# -- the limits ------------------------------------------------------------------------------------------------------


LARGEST_FILE = 1 << 20


def write_nothing() -> None:
    """No writing outside of the worker's own folder from now on, by anything that Python runs."""
    own = os.path.realpath(os.getcwd()) + os.sep

    def forbid(event: str, args: Any) -> None:
        if event == "open":
            path, mode, flags = args
            writes = isinstance(flags, int) and bool(flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC))
            writes = writes or isinstance(mode, str) and any(letter in mode for letter in "wax+")
            if writes and path != os.devnull and not is_below(own, path):
                raise PermissionError("the oracle writes nothing")
        elif event in FILE_EVENTS and not is_below(own, args[0]):
            raise PermissionError("the oracle does not do " + event)

    sys.addaudithook(forbid)


def is_below(folder: str, path: Any) -> bool:
    """Whether a path, or what it leads to, lies in a folder."""
    return isinstance(path, (str, bytes)) and (os.path.realpath(os.fsdecode(path)) + os.sep).startswith(folder)


def restrict(memory: int) -> None:
    """No core files, no child processes, no sockets, nothing unpickled, and no more than this many bytes of memory
    beyond what is in use; as far as the system can.
    """
    with contextlib.suppress(ImportError, OSError, ValueError):
        import resource

        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        resource.setrlimit(resource.RLIMIT_FSIZE, (LARGEST_FILE, LARGEST_FILE))
        used = 0
        with contextlib.suppress(OSError), open("/proc/self/statm") as file:
            used = int(file.read().split()[0]) * os.sysconf("SC_PAGE_SIZE")
        if used:
            resource.setrlimit(resource.RLIMIT_AS, (used + memory, used + memory))

    def forbid(event: str, args: Any) -> None:
        if event.startswith(EVENTS):
            raise PermissionError("the oracle does not do " + event)

    sys.addaudithook(forbid)


def leave_when_alone(pipe: int) -> None:
    """End the process once nobody can ask it any more, even if it is at work on something."""
    if not hasattr(select, "poll"):
        return
    waiting = select.poll()
    waiting.register(pipe, 0)  # a pipe that nobody writes to tells so without being asked

    def wait() -> None:
        waiting.poll()
        leave(0)

    threading.Thread(target=wait, daemon=True).start()


def leave(status: int) -> None:
    """Take away the worker's own folder, which whoever made it may not, and end."""
    if os.path.basename(os.getcwd()).startswith("shapelens-oracle-"):
        for folder, _, files in os.walk(os.getcwd(), topdown=False):
            with contextlib.suppress(OSError):
                for name in files:
                    os.remove(os.path.join(folder, name))
                os.rmdir(folder)
    os._exit(status)


def alarm(seconds: float) -> None:
    """End the process if it is still at it then, even where nobody is left to end it. 0: no more."""
    if hasattr(signal, "setitimer"):
        signal.setitimer(signal.ITIMER_REAL, seconds)


# -- what may be asked -----------------------------------------------------------------------------------------------


def is_denied(name: str) -> bool:
    """Whether a name is not to be called, whatever it is: private, in place, or with effects."""
    return name.startswith("_") or name.endswith("_") or name in DENIED or any(part in name for part in DENIED_PARTS)


def allowed(torch: Any) -> dict[str, Any]:
    """The callables that may be asked, by their full name."""
    found: dict[str, Any] = {}

    def take(prefix: str, holder: Any, is_wanted: Any) -> None:
        for name in dir(holder):
            if is_denied(name):
                continue
            value = getattr(holder, name, None)
            if callable(value) and is_wanted(name, value):
                found[prefix + "." + name] = value

    natives = getattr(torch._C, "_VariableFunctions", None)
    functional = set(getattr(torch.functional, "__all__", ()))
    take("torch", torch, lambda name, value: hasattr(natives, name) or name in functional)
    for module in MODULES:
        take("torch." + module, getattr(torch, module), lambda name, value: inspect.isbuiltin(value))
    home = torch.nn.functional
    take(
        "torch.nn.functional",
        home,
        lambda name, value: (
            inspect.isbuiltin(value)
            or inspect.isfunction(value)
            and value.__module__ in (home.__name__, "torch._jit_internal")
        ),
    )
    base = getattr(torch._C, "TensorBase", None) or torch._C._TensorBase
    take(
        "torch.Tensor",
        torch.Tensor,
        lambda name, value: (
            inspect.ismethoddescriptor(vars(base).get(name))
            or inspect.isfunction(value)
            and getattr(value, "__module__", "") == "torch._tensor"
        ),
    )
    take("torch.nn", torch.nn, lambda name, value: is_layer(torch, value))
    return found


def is_layer(torch: Any, value: Any) -> bool:
    """Whether a value is one of torch's own layer classes."""
    own = isinstance(value, type) and issubclass(value, torch.nn.Module) and value is not torch.nn.Module
    return own and value.__module__.startswith("torch.nn.modules.")


# -- values ----------------------------------------------------------------------------------------------------------

MOST_ITEMS = 64
ATTRIBUTES = frozenset(("strided", "contiguous_format", "preserve_format", "channels_last", "channels_last_3d"))
DTYPES = frozenset(
    "bool uint8 uint16 uint32 uint64 int8 int16 int32 int64 float16 bfloat16 float32 float64 complex32 complex64 "
    "complex128 float8_e4m3fn float8_e5m2".split()
)


def decoded(torch: Any, value: Any, device: str) -> Any:
    """A value of the protocol as Python has it; tensors hold ones where the device is a real one."""
    if isinstance(value, list):
        return [decoded(torch, each, device) for each in value]
    if not isinstance(value, dict):
        return value
    if "x" in value:
        dtype = named(torch, value["d"], DTYPES)
        return torch.ones(value["x"], dtype=dtype, device=device)
    if "d" in value:
        return named(torch, value["d"], DTYPES)
    if "t" in value:
        return tuple(decoded(torch, each, device) for each in value["t"])
    if "f" in value:
        return float(value["f"])
    if "c" in value:
        return complex(*value["c"])
    return named(torch, value["a"], ATTRIBUTES)


def named(torch: Any, name: str, known: frozenset[str]) -> Any:
    """An attribute of torch that is on a list."""
    if name not in known:
        raise Refused(name)
    return getattr(torch, name)


def encoded(torch: Any, value: Any) -> Any:
    """The shape of an answer."""
    if isinstance(value, torch.Tensor):
        if value.layout != torch.strided or getattr(value, "is_nested", False):
            return ["?"]
        return ["x", list(value.shape), str(value.dtype).partition(".")[2]]
    if value is None:
        return ["n"]
    if isinstance(value, (tuple, list)) and len(value) > MOST_ITEMS:
        return ["?"]
    if isinstance(value, tuple):
        names = getattr(value, "_fields", None)
        if names is None and type(value).__module__ == "torch.return_types":
            fields = {id(getattr(value, name)): name for name in dir(value) if not name.startswith("_")}
            names = [fields.get(id(each)) for each in value]
            names = None if None in names else names
        return ["t", [encoded(torch, each) for each in value], list(names) if names else None]
    if type(value) is list:
        return ["l", [encoded(torch, each) for each in value]]
    return ["?"]


# -- Keras -----------------------------------------------------------------------------------------------------------

# What reads files, runs another framework, or is given a function.
DENIED_KERAS = frozenset(
    """
    TFSMLayer TorchModuleWrapper JaxLayer FlaxLayer Lambda Wrapper Layer StringLookup IntegerLookup TextVectorization
    serialize deserialize convert_to_numpy custom_gradient vectorized_map vectorize jvp map scan associative_scan
    while_loop fori_loop cond switch shard_map
    """.split()
)


def allowed_of_keras(keras: Any) -> dict[str, Any]:
    """The layers of Keras and the functions of keras.ops that may be asked, by their full name."""
    found: dict[str, Any] = {}
    for prefix, holder in (("keras.layers", keras.layers), ("keras.ops", keras.ops)):
        for name in dir(holder):
            value = getattr(holder, name, None)
            if name.startswith("_") or name in DENIED_KERAS or not callable(value):
                continue
            if not getattr(value, "__module__", "").startswith("keras.src."):
                continue
            if isinstance(value, type) is (prefix == "keras.layers"):
                if not isinstance(value, type) or issubclass(value, keras.layers.Layer):
                    found[prefix + "." + name] = value
    return found


def decoded_for_keras(keras: Any, value: Any, is_symbolic: bool) -> Any:
    """A value of the protocol as Python has it: tensors are symbolic, or hold ones."""
    if isinstance(value, list):
        return [decoded_for_keras(keras, each, is_symbolic) for each in value]
    if not isinstance(value, dict):
        return value
    if "x" in value:
        if value["d"] not in DTYPES:
            raise Refused(value["d"])
        if is_symbolic:
            return keras.KerasTensor(tuple(value["x"]), value["d"])
        return keras.ops.ones(tuple(value["x"]), value["d"])
    if "t" in value:
        return tuple(decoded_for_keras(keras, each, is_symbolic) for each in value["t"])
    if "f" in value:
        return float(value["f"])
    if "c" in value:
        return complex(*value["c"])
    raise Refused(str(value))


def encoded_of_keras(keras: Any, value: Any) -> Any:
    """The shape of an answer."""
    if value is None:
        return ["n"]
    if isinstance(value, keras.KerasTensor) or keras.ops.is_tensor(value):
        shape = tuple(value.shape)
        sparse = getattr(value, "sparse", False) or getattr(value, "ragged", False)
        if sparse or not all(isinstance(size, int) for size in shape):
            return ["?"]
        return ["x", list(shape), str(keras.backend.standardize_dtype(value.dtype))]
    if isinstance(value, (tuple, list)) and len(value) <= MOST_ITEMS:
        parts = [encoded_of_keras(keras, each) for each in value]
        return ["t", parts, None] if isinstance(value, tuple) else ["l", parts]
    return ["?"]


# -- answering -------------------------------------------------------------------------------------------------------


class Answering:
    """Answers questions with what may be called."""

    def __init__(self, torch: Any) -> None:
        self.torch = torch
        self.allowed = allowed(torch)

    def answer(self, question: dict[str, Any]) -> dict[str, Any]:
        """What one call gives with each of the argument lists of a question."""
        function = self.allowed.get(question["call"])
        if function is None:
            return {"refused": question["call"]}
        makes_layer = isinstance(function, type)
        if makes_layer is not bool(question.get("layer")):
            return {"refused": question["call"]}
        # What takes long (a loop over a long axis) is not waited for: what there is so far may do.
        end = time.monotonic() + question["budget"]
        results: list[Any] = []
        late = False
        for call in question["calls"]:
            late = late or time.monotonic() > end
            results.append(["!", "TimeoutError: too slow"] if late else self.result(function, call, "meta"))
        checks = [
            [index, self.result(function, question["calls"][index], "cpu")]
            for index in question.get("check", ())
            if results[index][0] != "!"
        ]
        return {"results": results, "checks": checks[:2], "late": late}

    def result(self, function: Any, call: list[Any], device: str) -> Any:
        """What one call gives: a shape, or `["!", error]`."""
        torch = self.torch
        try:
            with torch.device(device), torch.no_grad():
                given: list[Any] = [
                    {name: decoded(torch, value, device) for name, value in each.items()}
                    if isinstance(each, dict)
                    else [decoded(torch, value, device) for value in each]
                    for each in call
                ]
                value = function(*given[0], **given[1])
                if isinstance(function, type):
                    value = value(*given[2], **given[3])
                return encoded(torch, value)
        except Exception as error:
            return ["!", type(error).__name__ + ": " + " ".join(str(error).split())[:200]]


class AnsweringKeras(Answering):
    """Answers questions with what Keras says of symbolic tensors."""

    def __init__(self, keras: Any) -> None:
        self.keras = keras
        self.allowed = allowed_of_keras(keras)

    def result(self, function: Any, call: list[Any], device: str) -> Any:
        """What one call gives: a shape, or `["!", error]`."""
        keras = self.keras
        try:
            given: list[Any] = []
            for index, each in enumerate(call):
                # A layer is made of plain data.
                is_symbolic = device == "meta" and not (len(call) == 4 and index < 2)
                if isinstance(each, dict):
                    given.append({n: decoded_for_keras(keras, value, is_symbolic) for n, value in each.items()})
                else:
                    given.append([decoded_for_keras(keras, value, is_symbolic) for value in each])
            value = function(*given[0], **given[1])
            if isinstance(function, type):
                value = value(*given[2], **given[3])
            return encoded_of_keras(keras, value)
        except Exception as error:
            return ["!", type(error).__name__ + ": " + " ".join(str(error).split())[:200]]


def warm_up_keras(keras: Any) -> None:
    """Have Keras and its backend load what they load when first used."""
    with contextlib.suppress(Exception):
        keras.layers.Dense(2)(keras.KerasTensor((2, 3)))
    with contextlib.suppress(Exception):
        keras.ops.matmul(keras.ops.ones((2, 3)), keras.ops.ones((3, 2)))


def warm_up(torch: Any) -> None:
    """Have torch load what it loads when first used on the meta device, while it still may."""
    with contextlib.suppress(Exception):
        torch.roll(torch.ones(2, 3, device="meta"), 1, 0)
    with contextlib.suppress(Exception):
        torch.nn.Linear(2, 3, device="meta")(torch.ones(2, 2, device="meta"))


class TooOld(Exception):
    """The library lacks what the questions need."""


def load_torch() -> tuple[str, Answering]:
    """The version of torch, and what answers with it."""
    torch = importlib.import_module("torch")
    torch.set_num_threads(1)
    warm_up(torch)
    answering = Answering(torch)
    if not hasattr(torch.device, "__enter__"):
        raise TooOld("torch " + str(torch.__version__) + " is too old: 2.0 or later is needed")
    return str(torch.__version__), answering


def load_keras() -> tuple[str, Answering]:
    """The version of Keras, and what answers with it."""
    keras = importlib.import_module("keras")
    if not hasattr(keras, "KerasTensor"):
        raise TooOld("keras " + str(keras.__version__) + " is too old: 3.0 or later is needed")
    warm_up_keras(keras)
    return str(keras.__version__), AnsweringKeras(keras)


def serve(read: Any, write: Any) -> None:
    """Read questions and write answers until there are no more."""

    def say(message: dict[str, Any]) -> None:
        write.write(json.dumps(message) + "\n")
        write.flush()

    start = json.loads(read.readline())
    write_nothing()
    sys.path[:] = [path for path in sys.path if path] + start["sites"]
    alarm(start["start_seconds"])
    library = start.get("library", "torch")
    try:
        version, answering = (load_keras if library == "keras" else load_torch)()
    except BaseException as error:
        reason = type(error).__name__ + ": " + " ".join(str(error).split())[:300]
        say({"error": str(error) if isinstance(error, TooOld) else library + " cannot be imported: " + reason})
        return
    alarm(0)
    restrict(start["memory"])
    python = ".".join(map(str, sys.version_info[:3]))
    say({"hello": PROTOCOL, "python": python, "version": version, "names": sorted(answering.allowed)})
    for line in read:
        question = json.loads(line)
        alarm(question["seconds"])
        answer = answering.answer(question)
        alarm(0)
        answer["id"] = question["id"]
        say(answer)


def main() -> None:
    """Keep the pipes for the protocol; what torch prints goes nowhere."""
    read, write = os.dup(0), os.dup(1)
    nowhere = os.open(os.devnull, os.O_RDWR)
    for used in (0, 1, 2):
        os.dup2(nowhere, used)
    sys.dont_write_bytecode = True
    leave_when_alone(read)
    with open(read, encoding="utf-8") as questions, open(write, "w", encoding="utf-8") as answers:
        try:
            serve(questions, answers)
        except BaseException:
            leave(1)
    leave(0)


if __name__ == "__main__":
    main()

import torch
from torch import nn
import torch.nn.functional as F
try:
    import flash_attn_nonexistent
    from flash_attn_nonexistent import flash_attn_func
    HAS_FLASH = True
except ImportError:
    flash_attn_func = None
    HAS_FLASH = False
try:
    import xformers_nonexistent.ops as xops
except Exception:
    xops = None
HAS_SDPA = hasattr(F, "scaled_dot_product_attention")
def attn(q, k, v):
    if HAS_FLASH:
        return flash_attn_func(q.transpose(1, 2), k.transpose(1, 2), v.transpose(1, 2)).transpose(1, 2)
    if xops is not None:
        return xops.memory_efficient_attention(q, k, v)
    if HAS_SDPA:
        return F.scaled_dot_product_attention(q, k, v)
    return ((q @ k.transpose(-2, -1)) / q.size(-1) ** 0.5).softmax(-1) @ v
q = torch.rand(2, 4, 5, 8)
print(attn(q, q, q).shape)
def safe_cat(xs, dim=0):
    try:
        return torch.cat(xs, dim)
    except RuntimeError:
        n = max(x.shape[-1] for x in xs)
        return torch.cat([F.pad(x, (0, n - x.shape[-1])) for x in xs], dim)
print(safe_cat([torch.rand(2, 3), torch.rand(2, 5)]).shape)
def find_batch(model, size=64):
    while size:
        try:
            model(torch.rand(size, 3))
            break
        except (RuntimeError, MemoryError) as e:
            size //= 2
        finally:
            pass
    return size
print(find_batch(nn.Linear(3, 2)))
for shape in [(2, 3), (3,), (2, 2, 3)]:
    try:
        out = nn.BatchNorm1d(3)(torch.rand(*shape))
    except ValueError:
        out = None
    except RuntimeError as e:
        out = str(e)
w = None
try:
    w = torch.rand(2, 3) @ torch.rand(2, 3)
except RuntimeError:
    w = torch.rand(2, 3) @ torch.rand(2, 3).T
print(w.shape)

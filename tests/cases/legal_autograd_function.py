import torch
from torch import nn
from torch.autograd import Function


class RoundSte(Function):
    @staticmethod
    def forward(ctx, x, levels):
        ctx.save_for_backward(x)
        ctx.levels = levels
        return torch.round(x * levels) / levels

    @staticmethod
    def backward(ctx, grad):
        (x,) = ctx.saved_tensors
        return grad * (x.abs() <= 1), None


class MatMul(Function):
    @staticmethod
    def forward(ctx, a, b):
        ctx.save_for_backward(a, b)
        return a @ b

    @staticmethod
    def backward(ctx, grad_output):
        a, b = ctx.saved_tensors
        return grad_output @ b.t(), a.t() @ grad_output


class Quantised(nn.Module):
    def __init__(self, a, b, bits=4):
        super().__init__()
        self.weight = nn.Parameter(torch.empty(a, b))
        nn.init.xavier_uniform_(self.weight)
        self.levels = 2**bits - 1

    def forward(self, x):
        return MatMul.apply(x, RoundSte.apply(self.weight, self.levels))


class Reverse(Function):
    @staticmethod
    def forward(ctx, x, alpha):
        ctx.alpha = alpha
        return x.view_as(x)

    @staticmethod
    def backward(ctx, grad):
        return grad.neg() * ctx.alpha, None


layer = Quantised(5, 3)
out = layer(torch.randn(2, 5))
domain = nn.Linear(3, 2)(Reverse.apply(out, 0.5))
(out.sum() + domain.sum()).backward()
print(layer.weight.grad.shape)

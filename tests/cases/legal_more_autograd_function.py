import torch
from torch.autograd import Function
class LinearFn(Function):
    @staticmethod
    def forward(ctx, input, weight, bias=None):
        ctx.save_for_backward(input, weight, bias)
        output = input.mm(weight.t())
        if bias is not None:
            output += bias.unsqueeze(0).expand_as(output)
        return output
    @staticmethod
    def backward(ctx, grad_output):
        input, weight, bias = ctx.saved_tensors
        gi = gw = gb = None
        if ctx.needs_input_grad[0]:
            gi = grad_output.mm(weight)
        if ctx.needs_input_grad[1]:
            gw = grad_output.t().mm(input)
        if bias is not None and ctx.needs_input_grad[2]:
            gb = grad_output.sum(0)
        return gi, gw, gb
class Reverse(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x, alpha):
        ctx.alpha = alpha
        return x.view_as(x)
    @staticmethod
    def backward(ctx, g):
        return g.neg() * ctx.alpha, None
class STE(Function):
    generate_vmap_rule = True
    @staticmethod
    def forward(x):
        return (x > 0).float(), x
    @staticmethod
    def setup_context(ctx, inputs, output):
        (x,) = inputs
        ctx.mark_non_differentiable(output[1])
        ctx.save_for_backward(x)
    @staticmethod
    def backward(ctx, g, _):
        return torch.nn.functional.hardtanh(g)
x = torch.rand(4, 3, requires_grad=True)
y = LinearFn.apply(x, torch.rand(5, 3, requires_grad=True), torch.rand(5, requires_grad=True))
y.sum().backward()
z = Reverse.apply(x, 0.1)
s, _ = STE.apply(x)
print(y.shape, z.shape, s.shape)

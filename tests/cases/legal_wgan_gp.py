import torch
from torch import nn, autograd
critic = nn.Sequential(nn.Flatten(), nn.Linear(784, 32), nn.LeakyReLU(), nn.Linear(32, 1))
def gradient_penalty(real, fake):
    alpha = torch.rand(real.size(0), *([1] * (real.dim() - 1)))
    mix = (alpha * real + (1 - alpha) * fake).requires_grad_(True)
    d = critic(mix)
    grads = autograd.grad(outputs=d, inputs=mix, grad_outputs=torch.ones_like(d), create_graph=True, retain_graph=True, only_inputs=True)[0]
    grads = grads.view(grads.size(0), -1)
    return ((grads.norm(2, dim=1) - 1) ** 2).mean()
print(gradient_penalty(torch.rand(5, 1, 28, 28), torch.rand(5, 1, 28, 28)))

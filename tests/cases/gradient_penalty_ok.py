"""The gradient that autograd.grad starts from has the shape of the output."""

import torch
from torch import nn

critic = nn.Sequential(nn.Flatten(), nn.Linear(3 * 8 * 8, 16), nn.LeakyReLU(0.2), nn.Linear(16, 1))
images = torch.rand(6, 3, 8, 8, requires_grad=True)
scores = critic(images)
start = torch.ones(images.size(0), 1)
gradients = torch.autograd.grad(scores, images, grad_outputs=start, create_graph=True)[0]
penalty = ((gradients.flatten(1).norm(2, dim=1) - 1) ** 2).mean()

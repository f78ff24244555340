import torch
x = torch.rand(2, 3, 4)
x += torch.rand(4)
x[:, 0] = torch.rand(4)
x[..., -1] = 5
x[0] = x[1]
x[:, [0, 2]] = torch.rand(2, 2, 4)
x[torch.rand(2, 3) > 0.5] = 0
x[x > 0.9] = x[x > 0.9] * 2
x[:, :, None].expand(-1, -1, 5, -1)[..., 0].shape
v = x.view(-1)
v[:3] = torch.tensor([1., 2., 3.])
y = x.transpose(1, 2).contiguous().view(2, -1)
a, b = x.split([1, 2], dim=1)
c = a + b
d = x.new_zeros(x.shape[:-1] + (7,))
e = d.narrow(2, 1, 3).copy_(torch.rand(3, 3)[None, :1])
f = torch.rand(5, 1) - torch.rand(1, 5)
g = torch.rand(3).unsqueeze(0).expand(4, -1).reshape(2, 2, -1)
h = x.unfold(2, 2, 1).sum(-1)
i = x.as_strided((2, 2), (1, 2))
j = x.permute(*reversed(range(x.ndim)))
k = x.flatten(0, -2).unflatten(0, (2, -1))
l = torch.rand(4, 4).diagonal().add_(1)
m = torch.broadcast_to(torch.rand(3, 1), (2, 3, 4)) * x
n = torch.rand(2, 1, 4).expand_as(x).clone()
o = x.squeeze().squeeze(0).squeeze(-1)
p = x[:, 1:2, ::2][:, :, None, None]
q = torch.rand(6)[None, :, None] * torch.rand(2, 1, 3)
r = x.index_select(1, torch.tensor([2, 0])).scatter(2, torch.zeros(2, 2, 1, dtype=torch.long), 1.0)
s = x.gather(2, torch.randint(4, (1, 2, 6)))
t = x.repeat(1, 1, 2).roll((1, 2), (0, 1)).flip(-1)
u = torch.einsum("bij,bkj->bik", x, x).triu(1) + torch.eye(3)
w = x.sum((0, 2), keepdim=True) / x.numel() * torch.ones(2, 1, 4)
z = torch.stack(torch.meshgrid(torch.arange(3), torch.arange(4), indexing="ij"), -1).reshape(-1, 2)
aa = torch.tensordot(x, torch.rand(4, 3, 5), dims=([2, 1], [0, 1]))
bb = torch.nn.functional.pad(x, (1, -2), value=3.)
cc = x[0, :, 1] @ x[1, :, 2]
dd = x @ torch.rand(4) + torch.rand(2, 1)
ee = torch.bmm(x, x.mT).logsumexp(-1)
ff = x.movedim(0, -1).swapaxes(0, 1).T.mT if False else x.movedim(0, -1)
gg = torch.cat((x, x[:, :0]), 1)
hh = x.reshape(-1, 4)[torch.randperm(6)[:4]].view(2, 2, 4)
x.resize_(3, 8)
x.unsqueeze_(0).squeeze_().t_()
print(x.shape, [tuple(globals()[n_].shape) for n_ in "cdefghijklmnopqrstuwz"])

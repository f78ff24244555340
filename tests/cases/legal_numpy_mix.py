import numpy as np
import torch
from torch import nn
rng = np.random.default_rng(0)
X = rng.normal(size=(20, 5)).astype(np.float32)
y = (X.sum(axis=1) > 0).astype(np.int64)
mean, std = X.mean(axis=0, keepdims=True), X.std(axis=0)
X = (X - mean) / (std + 1e-8)
idx = np.random.permutation(len(X))
tr, te = idx[:15], idx[15:]
Xt, yt = torch.from_numpy(X[tr]), torch.tensor(y[tr])
net = nn.Linear(X.shape[1], 2)
print(nn.functional.cross_entropy(net(Xt), yt))
img = np.zeros((32, 48, 3), dtype=np.uint8)
t = torch.from_numpy(img[:, :, ::-1].copy()).permute(2, 0, 1).float().div(255).unsqueeze(0)
t2 = torch.from_numpy(img.transpose(2, 0, 1)[None].astype(np.float32) / 255.0)
out = nn.Conv2d(3, 4, 3)(t + t2)
arr = out.detach().cpu().numpy()[0].transpose(1, 2, 0)
print(arr.shape, arr[::-1].shape, arr[..., 0].reshape(-1).shape)
boxes = np.array([[0, 0, 2, 2], [1, 1, 3, 3]], dtype=np.float32)
areas = (boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1])
order = areas.argsort()[::-1]
one_hot = np.eye(4)[[0, 2, 3]]
lin = nn.Linear(4, 2)(torch.as_tensor(one_hot, dtype=torch.float32))
acc = np.mean([np.argmax(p) == t for p, t in zip(net(Xt).detach().numpy(), yt.numpy())])
stack = torch.stack([torch.Tensor(row) for row in X])
b = torch.tensor(np.array([r for r in X]))
def nms(boxes, scores, thr):
    x1, y1, x2, y2 = boxes[:, 0], boxes[:, 1], boxes[:, 2], boxes[:, 3]
    order = scores.argsort()[::-1]
    keep = []
    while order.size > 0:
        i = order[0]
        keep.append(i)
        xx1 = np.maximum(x1[i], x1[order[1:]])
        xx2 = np.minimum(x2[i], x2[order[1:]])
        w = np.maximum(0.0, xx2 - xx1)
        order = order[np.where(w <= thr)[0] + 1]
    return keep
print(nms(boxes, np.array([0.9, 0.8]), 0.5))

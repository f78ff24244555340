import itertools

import torch
import torch.nn as nn
import torch.nn.functional as F

CFG = {
    "backbone": [16, "M", 32, "M", 64, 64, "M"],
    "fpn": 32,
    "scales": (8, 16, 32),
    "ratios": (0.5, 1.0, 2.0),
    "classes": 4,
}


def make_backbone(cfg, channels=3):
    stages, layers = [], []
    for v in cfg:
        if v == "M":
            layers.append(nn.MaxPool2d(kernel_size=2, stride=2))
            stages.append(nn.Sequential(*layers))
            layers = []
        else:
            layers += [nn.Conv2d(channels, v, kernel_size=3, padding=1), nn.GroupNorm(8, v), nn.ReLU()]
            channels = v
    return nn.ModuleList(stages)


class FPN(nn.Module):
    def __init__(self, widths, out):
        super().__init__()
        self.lateral = nn.ModuleList([nn.Conv2d(w, out, 1) for w in widths])
        self.smooth = nn.ModuleList([nn.Conv2d(out, out, 3, padding=1) for _ in widths])

    def forward(self, features):
        tops = [lateral(f) for lateral, f in zip(self.lateral, features)]
        for i in range(len(tops) - 1, 0, -1):
            tops[i - 1] = tops[i - 1] + F.interpolate(tops[i], size=tops[i - 1].shape[-2:], mode="nearest")
        return [smooth(t) for smooth, t in zip(self.smooth, tops)]


class Head(nn.Module):
    def __init__(self, channels, anchors, classes):
        super().__init__()
        self.classes = classes
        self.tower = nn.Sequential(nn.Conv2d(channels, channels, 3, padding=1), nn.ReLU())
        self.cls = nn.Conv2d(channels, anchors * classes, 3, padding=1)
        self.box = nn.Conv2d(channels, anchors * 4, 3, padding=1)

    def forward(self, levels):
        scores, boxes = [], []
        for x in levels:
            x = self.tower(x)
            n, _, h, w = x.shape
            s = self.cls(x).view(n, -1, self.classes, h, w).permute(0, 3, 4, 1, 2)
            scores.append(s.reshape(n, -1, self.classes))
            boxes.append(self.box(x).permute(0, 2, 3, 1).contiguous().view(n, h * w * 9, 4))
        return torch.cat(scores, dim=1), torch.cat(boxes, dim=1)


def anchors_for(levels, image_size, scales, ratios):
    all_anchors = []
    shapes = torch.tensor([[s * r**0.5, s / r**0.5] for s, r in itertools.product(scales, ratios)])
    for level in levels:
        h, w = level.shape[-2:]
        stride = image_size // h
        ys, xs = torch.meshgrid(torch.arange(h) * stride, torch.arange(w) * stride, indexing="ij")
        centers = torch.stack((xs, ys), dim=-1).reshape(-1, 1, 2).float()
        boxes = torch.cat([centers - shapes / 2, centers + shapes / 2], dim=2)
        all_anchors.append(boxes.view(-1, 4))
    return torch.cat(all_anchors)


class Detector(nn.Module):
    def __init__(self, cfg):
        super().__init__()
        self.cfg = cfg
        self.backbone = make_backbone(cfg["backbone"])
        self.fpn = FPN([16, 32, 64], cfg["fpn"])
        self.head = Head(cfg["fpn"], len(cfg["scales"]) * len(cfg["ratios"]), cfg["classes"])

    def forward(self, x):
        features = []
        y = x
        for stage in self.backbone:
            y = stage(y)
            features.append(y)
        levels = self.fpn(features)
        scores, deltas = self.head(levels)
        anchors = anchors_for(levels, x.shape[-1], self.cfg["scales"], self.cfg["ratios"])
        cx, cy = (anchors[:, :2] + anchors[:, 2:]).div(2).unbind(1)
        sizes = anchors[:, 2:] - anchors[:, :2]
        centers = torch.stack([cx, cy], 1) + deltas[..., :2] * sizes
        return scores, torch.cat((centers, deltas[..., 2:].exp() * sizes), dim=-1)


detector = Detector(CFG)
images = torch.rand(2, 3, 64, 64)
scores, boxes = detector(images)
labels = torch.zeros(2, scores.shape[1], dtype=torch.long)
loss = F.cross_entropy(scores.transpose(1, 2), labels) + F.smooth_l1_loss(boxes, torch.zeros(2, 12096, 4))
best = scores.softmax(-1).max(-1).values.topk(10, dim=1).indices
picked = torch.gather(boxes, 1, best.unsqueeze(-1).expand(-1, -1, 4))

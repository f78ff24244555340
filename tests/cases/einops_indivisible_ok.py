import torch
from einops import rearrange, reduce

video = torch.randn(2, 3, 30, 48, 48)
clips = rearrange(video, "b c (n t) h w -> (b n) c t h w", t=15)
pooled = reduce(clips, "b c t h w -> b c", "mean")
print(pooled.shape)

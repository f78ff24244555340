import torch

recordings = []
for seconds in (2, 2, 3):
    recordings.append(torch.zeros(1, seconds * 16000))
batch = torch.stack(recordings)  # raises
print(batch.mean(dim=0).shape)

import torch

q_values = torch.randn(32, 6)
actions = torch.randint(0, 6, (32,))
chosen = q_values.gather(1, actions)  # raises
print(chosen.mean())

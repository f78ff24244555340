import numpy as np

y_true = np.random.randint(0, 2, 40)
y_pred = np.random.randint(0, 2, 40)
correct = 0
if (y_true == y_pred).all():
    correct += 1
print(correct)

import numpy as np

x = np.linspace(0, 1, 50)
y = np.sin(x)
coefficients = np.polyfit(x, y, 3)
print(coefficients.shape)

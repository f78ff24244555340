import numpy as np

x = np.linspace(0, 1, 50)
y = np.sin(x)
coefficients = np.polyfit(x, y[:-1], 3)  # raises
print(coefficients.shape)

import numpy as np

ages = np.random.randint(0, 90, 1000)
adults = (ages > 18) & (ages < 65)
print(ages[adults].mean())

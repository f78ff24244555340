import numpy as np

ages = np.random.randint(0, 90, 1000)
adults = (ages > 18) and (ages < 65)  # raises
print(ages[adults].mean())

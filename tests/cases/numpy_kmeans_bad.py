import numpy as np


def assign(points, centers):
    distances = np.linalg.norm(points - centers, axis=1)  # raises
    return distances.argmin(axis=1)


points, centers = np.random.rand(200, 2), np.random.rand(3, 2)
labels = assign(points, centers)
centers = np.array([points[labels == k].mean(axis=0) for k in range(3)])
print(centers.shape)

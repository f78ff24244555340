"""Calls of every rule of TensorFlow, as text: evaluated with TensorFlow itself, and with the rules.

`f(2, 3)` makes a float32 tensor of that shape, `d` float64, `i` int32, `l` int64, `u` uint8, `b` bool, `z` complex64; `nf`, `nd`
and `nl` arrays of float32, float64 and int64. `img` is a JPEG file's bytes. Calls are separated by ` | `.
"""

CALLS = """
tf.zeros([2, 3]) | tf.zeros((2,), tf.int32) | tf.zeros(4) | tf.zeros(shape=tf.shape(f(2, 3))) | tf.ones([2, 3], dtype="float64") | tf.ones([])
tf.fill([2, 3], 7) | tf.fill((2,), 1.5) | tf.zeros_like(i(2, 3)) | tf.ones_like(f(2), dtype=tf.int64) | tf.zeros_like([[1, 2]])
tf.constant([[1, 2], [3, 4]]) | tf.constant([1.0, 2.0]) | tf.constant(3, shape=[2, 2]) | tf.constant([1, 2, 3, 4], shape=[2, 2]) | tf.constant(nd(2, 3))
tf.constant(1.5, dtype=tf.float64) | tf.constant([[1, 2], [3]]) | tf.constant(True) | tf.constant([1, 2, 3], shape=(2, 2)) | tf.constant(nd(2), dtype=tf.float32)
tf.convert_to_tensor([1, 2]) | tf.convert_to_tensor(nd(2, 3), dtype=tf.float32) | tf.convert_to_tensor(f(2), dtype=tf.int32) | tf.convert_to_tensor([[1], [2, 3]])
tf.range(5) | tf.range(2, 10, 3) | tf.range(0.0, 1.0, 0.25) | tf.range(5, dtype=tf.float32) | tf.range(start=3, limit=7) | tf.range(tf.shape(f(3, 4))[1]) | tf.range(5, 0, -2)
tf.linspace(0.0, 1.0, 5) | tf.linspace(0, 10, 3) | tf.linspace(f(2), f(2), 4, axis=-1) | tf.eye(3) | tf.eye(2, 4) | tf.eye(3, batch_shape=[2], dtype=tf.int32) | tf.linalg.eye(2)
tf.one_hot(i(3), 5) | tf.one_hot(i(2, 3), depth=4, axis=1) | tf.one_hot([0, 1], 3, dtype=tf.int32) | tf.one_hot(l(3), 5, on_value=1, off_value=0) | tf.one_hot(f(3), 5)
tf.sequence_mask([1, 3, 2]) | tf.sequence_mask(i(4), 5) | tf.sequence_mask([1, 2], maxlen=4, dtype=tf.float32) | tf.meshgrid(f(3), f(4)) | tf.meshgrid(f(3), f(4), indexing="ij") | tf.meshgrid(i(3))
tf.cast(f(2, 3), tf.int32) | tf.cast(i(2), "float32") | tf.cast([1.5], tf.uint8) | tf.saturate_cast(f(2, 3), tf.uint8) | tf.bitcast(f(2, 3), tf.int32) | tf.bitcast(u(2, 4), tf.int32) | tf.dtypes.cast(3, tf.float32) | tf.bitcast(f(2), tf.uint8)
tf.complex(f(2, 3), f(3)) | tf.complex(d(2), d(2)) | tf.identity(f(2, 3)) | tf.stop_gradient(f(2)) | tf.guarantee_const(f(2)) | tf.identity_n([f(2), i(3)]) | tf.tuple([f(2), i(3)]) | tf.debugging.check_numerics(f(2), "m")
tf.ensure_shape(f(2, 3), [None, 3]) | tf.ensure_shape(f(2, 3), [2, 4]) | tf.ensure_shape(f(2, 3), [None]) | tf.shape(f(2, 3)) | tf.shape(f(2, 3), out_type=tf.int64) | tf.shape_n([f(2), f(3, 4)]) | tf.size(f(2, 3)) | tf.rank(f(2, 3))
tf.broadcast_dynamic_shape([2, 1], [3]) | tf.broadcast_static_shape(tf.TensorShape([2, 1]), tf.TensorShape([3])) | tf.is_tensor(f(2)) | tf.Variable(f(2, 3)) | tf.Variable([1, 2]) | tf.Variable(nd(2)) | tf.Variable(0.5)
tf.reshape(f(2, 3), [3, 2]) | tf.reshape(f(2, 6), [-1, 4]) | tf.reshape(f(2, 6), (4, -1)) | tf.reshape(f(2, 3), [7]) | tf.reshape(f(2, 6), [tf.shape(f(3, 4))[0], -1]) | tf.reshape(f(2, 3), -1) | tf.reshape(f(1), []) | tf.reshape(f(2, 3), tf.shape(f(3, 2)))
tf.transpose(f(2, 3)) | tf.transpose(f(2, 3, 4), [0, 2, 1]) | tf.transpose(f(2, 3, 4), perm=[2, 0]) | tf.transpose(f(2, 3), [0, 0]) | tf.linalg.matrix_transpose(f(2, 3, 4)) | tf.linalg.adjoint(f(2, 3)) | tf.linalg.matrix_transpose(f(2))
tf.expand_dims(f(2, 3), 0) | tf.expand_dims(f(2, 3), -1) | tf.expand_dims(f(2, 3), axis=2) | tf.expand_dims(f(2, 3), 4) | tf.squeeze(f(1, 3, 1)) | tf.squeeze(f(1, 3, 1), axis=0) | tf.squeeze(f(1, 3, 1), [0, 2]) | tf.squeeze(f(2, 3), axis=0)
tf.broadcast_to(f(3), [2, 3]) | tf.broadcast_to(f(2, 1), (2, 4)) | tf.broadcast_to(f(3), [2, 4]) | tf.tile(f(2, 3), [2, 1]) | tf.tile(f(2, 3), [2]) | tf.repeat(f(2, 3), 2, axis=0) | tf.repeat(f(2, 3), 2) | tf.repeat(f(2, 3), [1, 2], axis=0) | tf.repeat(i(3), repeats=[1, 2, 3])
tf.reverse(f(2, 3), [0]) | tf.reverse(f(2, 3), axis=[-1]) | tf.reverse(f(2, 3), [2]) | tf.reverse_sequence(f(2, 3), [1, 2], seq_axis=1, batch_axis=0) | tf.roll(f(2, 3), 1, 0) | tf.roll(f(2, 3), shift=[1, 2], axis=[0, 1])
tf.pad(f(2, 3), [[1, 1], [0, 2]]) | tf.pad(f(2, 3), [[1, 1]]) | tf.pad(f(3, 3), [[1, 1], [2, 2]], "REFLECT") | tf.pad(f(3, 3), [[4, 1], [2, 2]], "SYMMETRIC") | tf.pad(f(3), paddings=[[1, 0]], constant_values=2.0)
tf.slice(f(4, 5), [1, 0], [2, -1]) | tf.slice(f(4, 5), [1, 2], [2, 2]) | tf.slice(f(4, 5), [3, 0], [2, 1]) | tf.strided_slice(f(4, 5), [0, 1], [3, 5], [1, 2]) | tf.strided_slice(f(4, 5), [1], [3]) | tf.strided_slice(f(4, 5), [0, 0], [4, 5], [2, -1], end_mask=2)
tf.nn.space_to_batch(f(1, 4, 4, 3), [2, 2], [[0, 0], [0, 0]]) | tf.space_to_batch_nd(f(2, 4, 6, 3), [2, 3], [[0, 0], [0, 0]]) | tf.space_to_batch(f(1, 4, 4, 3), [2, 2], [[0, 0], [1, 1]]) | tf.batch_to_space(f(4, 2, 2, 3), [2, 2], [[0, 0], [0, 1]])
tf.nn.space_to_depth(f(1, 4, 6, 3), 2) | tf.nn.depth_to_space(f(1, 2, 3, 12), 2) | tf.nn.depth_to_space(f(1, 2, 3, 6), 2) | tf.nn.space_to_depth(f(1, 5, 6, 3), 2) | tf.required_space_to_batch_paddings([4, 5], [2, 2])
tf.concat([f(2, 3), f(2, 4)], 1) | tf.concat([f(2, 3), f(4, 3)], axis=0) | tf.concat([f(2, 3), f(2, 4)], axis=0) | tf.concat([f(2, 3), i(2, 3)], -1) | tf.concat([f(2, 3), f(2, 3)], axis=2) | tf.concat([f(2), f(2, 3)], 0) | tf.concat([f(2), nd(3)], 0) | tf.concat(f(2, 3, 4), 0) | tf.concat([f(0), f(2, 3)], 0)
tf.stack([f(2, 3), f(2, 3)]) | tf.stack([f(2, 3), f(2, 3)], axis=-1) | tf.stack([f(2, 3), f(2, 4)]) | tf.stack([f(2), i(2)]) | tf.stack([1, 2, 3]) | tf.stack(f(2, 3), axis=1) | tf.stack([f(2), f(2)], axis=3)
tf.unstack(f(2, 3)) | tf.unstack(f(2, 3), axis=1) | tf.unstack(f(2, 3), num=3) | tf.split(f(6, 4), 3) | tf.split(f(6, 4), [1, 3], axis=1) | tf.split(f(6, 4), [1, -1, 2]) | tf.split(f(6, 4), 4) | tf.split(f(6, 4), [1, 2], axis=0) | tf.split(f(6, 4), num_or_size_splits=2, axis=-1)
tf.dynamic_partition(f(4, 3), [0, 1, 0, 1], 2) | tf.dynamic_stitch([[0, 1], [2]], [f(2, 3), f(1, 3)])
tf.gather(f(4, 5), [0, 2]) | tf.gather(f(4, 5), i(2, 3), axis=1) | tf.gather(f(4, 5), [[0], [1], [0], [2]], axis=1, batch_dims=1) | tf.gather(f(4, 5), 1) | tf.gather(f(4, 5), [5]) | tf.gather(f(4, 5), f(2)) | tf.gather(f(3, 4, 5), i(3, 2), batch_dims=1) | tf.gather(f(4, 5), [0], axis=2) | tf.gather(f(4, 5), i(2, 3), batch_dims=1)
tf.gather_nd(f(4, 5), [[0, 1], [2, 3]]) | tf.gather_nd(f(4, 5), [[0], [2]]) | tf.gather_nd(f(4, 5), [[0, 1, 2]]) | tf.gather_nd(f(3, 4, 5), i(3, 2, 1), batch_dims=1)
tf.scatter_nd([[0], [2]], f(2, 3), [4, 3]) | tf.scatter_nd(i(2, 1), f(2), [5]) | tf.scatter_nd(i(2, 1), f(3), [5]) | tf.tensor_scatter_nd_update(f(4, 3), [[0], [1]], f(2, 3)) | tf.tensor_scatter_nd_add(f(4), [[0]], [1.0]) | tf.tensor_scatter_nd_sub(f(4), [[0]], [1.0]) | tf.tensor_scatter_nd_max(f(4), [[0]], [1.0]) | tf.tensor_scatter_nd_min(f(4), [[0]], [1.0]) | tf.tensor_scatter_nd_update(f(4, 3), [[0], [1]], f(2, 4))
tf.boolean_mask(f(3, 4), [True, False, True]) | tf.boolean_mask(f(3, 4), b(3, 4)) | tf.boolean_mask(f(3, 4), b(4), axis=1) | tf.boolean_mask(f(3, 4), b(4)) | tf.where(b(3, 4)) | tf.where(b(3, 4), f(3, 4), 0.0) | tf.where(b(3, 1), f(4), f(3, 4)) | tf.where(b(3), f(4), f(4)) | tf.where(b(3), 1, 2) | tf.where(f(3) > 0, f(3), i(3))
tf.nn.embedding_lookup(f(10, 4), i(2, 3)) | tf.nn.embedding_lookup(tf.Variable(f(10, 4)), [1, 2]) | tf.unravel_index(i(3), [2, 4]) | tf.unravel_index(5, [2, 4])
tf.reduce_sum(f(2, 3)) | tf.reduce_sum(f(2, 3), axis=1) | tf.reduce_mean(f(2, 3, 4), axis=[0, 2]) | tf.reduce_mean(i(2, 3), 0) | tf.reduce_max(f(2, 3), axis=-1, keepdims=True) | tf.reduce_min(i(2, 3), keepdims=True) | tf.reduce_prod(f(2, 3), 1) | tf.reduce_sum(f(2, 3), axis=2) | tf.reduce_any(b(2, 3), 1) | tf.reduce_all(b(2, 3)) | tf.reduce_all(f(2, 3)) | tf.reduce_sum(b(2, 3))
tf.reduce_logsumexp(f(2, 3), axis=1) | tf.math.reduce_std(f(2, 3), 0) | tf.math.reduce_variance(f(2, 3), 1) | tf.math.reduce_euclidean_norm(f(2, 3), 1) | tf.math.count_nonzero(f(2, 3), axis=0) | tf.math.zero_fraction(f(2, 3)) | tf.math.reduce_std(i(2, 3)) | tf.nn.zero_fraction(f(2))
tf.argmax(f(2, 3), axis=1) | tf.argmax(f(2, 3)) | tf.argmin(f(2, 3), 0, output_type=tf.int32) | tf.argmax(f(2, 3), axis=2) | tf.argsort(f(2, 3)) | tf.sort(f(2, 3), axis=0, direction="DESCENDING") | tf.cumsum(f(2, 3), axis=1) | tf.math.cumprod(f(2, 3)) | tf.math.cumulative_logsumexp(f(2, 3)) | tf.cumsum(f(2, 3), axis=2)
tf.math.top_k(f(3, 4), k=2) | tf.nn.top_k(f(3, 4), 5) | tf.nn.top_k(f(3, 4)) | tf.math.approx_max_k(f(3, 4), 2) | tf.math.in_top_k([0, 1], f(2, 3), 2) | tf.math.in_top_k([0, 1, 2], f(2, 3), 2)
tf.norm(f(2, 3)) | tf.norm(f(2, 3), axis=1, keepdims=True) | tf.linalg.norm(f(2, 3), ord=1, axis=-1) | tf.linalg.normalize(f(2, 3), axis=1) | tf.math.l2_normalize(f(2, 3), axis=1) | tf.nn.l2_loss(f(2, 3)) | tf.math.lbeta(f(2, 3)) | tf.linalg.global_norm([f(2), f(3, 4)])
tf.math.confusion_matrix([0, 1], [1, 1], num_classes=3) | tf.math.confusion_matrix(i(4), i(4)) | tf.math.bincount(i(4)) | tf.unique(i(5)) | tf.unique_with_counts(i(5)) | tf.unique(i(2, 3)) | tf.searchsorted(f(5), f(3)) | tf.histogram_fixed_width(f(5), [0.0, 1.0], nbins=4) | tf.histogram_fixed_width_bins(f(5), [0.0, 1.0])
tf.math.segment_sum(f(4, 3), [0, 0, 1, 1]) | tf.math.segment_mean(f(4), [0, 0, 1, 1]) | tf.math.segment_max(f(4), [0, 0, 1, 1]) | tf.math.segment_min(f(4), [0, 0, 1, 1]) | tf.math.segment_prod(f(4), [0, 0, 1, 1])
tf.math.unsorted_segment_sum(f(4, 3), [0, 1, 0, 1], 2) | tf.math.unsorted_segment_mean(f(4), [0, 1, 0, 1], 2) | tf.math.unsorted_segment_max(f(4), [0, 1, 0, 1], 2) | tf.math.unsorted_segment_min(f(4), [0, 1, 0, 1], 2) | tf.math.unsorted_segment_prod(f(4), [0, 1, 0, 1], 2) | tf.math.unsorted_segment_sqrt_n(f(4), [0, 1, 0, 1], 2)
tf.matmul(f(2, 3), f(3, 4)) | tf.matmul(f(2, 3), f(4, 3), transpose_b=True) | tf.matmul(f(3, 2), f(3, 4), transpose_a=True) | tf.matmul(f(5, 2, 3), f(3, 4)) | tf.matmul(f(2, 3), f(4, 3)) | tf.matmul(f(2, 3), nd(3, 4)) | tf.matmul(f(2, 3), i(3, 4)) | tf.matmul(f(3), f(3, 4)) | tf.linalg.matmul(f(2, 1, 2, 3), f(5, 3, 4)) | tf.linalg.matvec(f(2, 3), f(3)) | tf.linalg.matvec(f(2, 3), f(2), transpose_a=True) | tf.linalg.matvec(f(2, 3), f(4))
tf.tensordot(f(2, 3), f(3, 4), 1) | tf.tensordot(f(2, 3), f(2, 3), axes=[[1], [1]]) | tf.tensordot(f(2, 3), f(4, 3), axes=1) | tf.tensordot(f(2, 3, 4), f(4, 3, 5), axes=[[1, 2], [1, 0]]) | tf.tensordot(f(2), f(3), 0) | tf.tensordot(f(2, 3), f(3), axes=(1, 0))
tf.einsum("ij,jk->ik", f(2, 3), f(3, 4)) | tf.einsum("bij,bjk->bik", f(5, 2, 3), f(5, 3, 4)) | tf.einsum("ij,jk->ik", f(2, 3), f(4, 4)) | tf.linalg.einsum("...ij->...ji", f(2, 3, 4)) | tf.einsum("ij->", f(2, 3)) | tf.linalg.cross(f(2, 3), f(2, 3)) | tf.linalg.cross(f(2, 4), f(2, 4))
tf.linalg.cholesky(tf.eye(3)) | tf.linalg.expm(f(3, 3)) | tf.linalg.inv(tf.eye(3)) | tf.linalg.logm(tf.eye(3, dtype=tf.complex64)) | tf.linalg.sqrtm(tf.eye(3)) | tf.linalg.inv(f(2, 3)) | tf.linalg.det(f(2, 3, 3)) | tf.linalg.logdet(tf.eye(3)) | tf.linalg.slogdet(tf.eye(3)) | tf.linalg.trace(f(2, 3, 4)) | tf.linalg.det(i(3, 3)) | tf.linalg.inv(f(3))
tf.linalg.eigvalsh(tf.eye(3)) | tf.linalg.eigh(tf.eye(3)) | tf.linalg.eig(tf.eye(3)) | tf.linalg.eigvals(tf.eye(3)) | tf.linalg.svd(f(2, 4, 3)) | tf.linalg.svd(f(4, 3), compute_uv=False) | tf.linalg.svd(f(4, 3), full_matrices=True) | tf.linalg.qr(f(4, 3)) | tf.linalg.qr(f(4, 3), full_matrices=True) | tf.linalg.lu(tf.eye(3)) | tf.linalg.pinv(f(4, 3)) | tf.linalg.matrix_rank(f(2, 4, 3)) | tf.linalg.band_part(f(3, 4), 1, -1)
tf.linalg.lu_matrix_inverse(tf.eye(3), [0, 1, 2]) | tf.linalg.lu_reconstruct(tf.eye(3), [0, 1, 2]) | tf.linalg.lu_solve(tf.eye(3), [0, 1, 2], f(3, 2)) | tf.linalg.solve(tf.eye(3), f(3, 2)) | tf.linalg.solve(tf.eye(3), f(4, 2)) | tf.linalg.triangular_solve(tf.eye(3), f(5, 3, 2)) | tf.linalg.cholesky_solve(tf.eye(3), f(3, 2)) | tf.linalg.lstsq(f(5, 3), f(5, 2)) | tf.linalg.lstsq(f(5, 3), f(4, 2)) | tf.linalg.solve(tf.eye(3), f(3))
tf.linalg.tridiagonal_matmul(f(3, 4), f(4, 2)) | tf.linalg.tridiagonal_solve(f(3, 4), f(4, 2)) | tf.linalg.banded_triangular_solve(f(2, 3), f(3, 2)) | tf.linalg.diag(f(2, 3)) | tf.linalg.diag(f(3), k=1) | tf.linalg.diag_part(f(3, 4)) | tf.linalg.diag_part(f(3, 4), k=2) | tf.linalg.set_diag(f(3, 4), f(3)) | tf.linalg.tensor_diag(f(2, 3)) | tf.linalg.tensor_diag_part(f(2, 2)) | tf.linalg.tensor_diag_part(f(2, 3)) | tf.linalg.eigh_tridiagonal(f(4), f(3))
tf.nn.conv1d(f(2, 10, 3), f(4, 3, 8), 2, "SAME") | tf.nn.conv1d(f(2, 10, 3), f(4, 3, 8), stride=1, padding="VALID") | tf.nn.conv2d(f(2, 9, 9, 3), f(3, 3, 3, 8), 2, "SAME") | tf.nn.conv2d(f(2, 9, 9, 3), f(3, 3, 3, 8), strides=[1, 2, 2, 1], padding="VALID") | tf.nn.conv2d(f(2, 9, 9, 3), f(3, 3, 4, 8), 1, "SAME") | tf.nn.conv2d(f(2, 9, 9, 3), f(3, 3, 3, 8), [1, 2], "VALID", dilations=1) | tf.nn.conv2d(f(2, 9, 9, 3), f(3, 3, 3, 8), 1, "VALID", dilations=2) | tf.nn.conv2d(f(2, 2, 2, 3), f(3, 3, 3, 8), 1, "VALID") | tf.nn.conv2d(f(9, 9, 3), f(3, 3, 3, 8), 1, "VALID")
tf.nn.conv2d(f(2, 9, 9, 3), f(3, 3, 3, 8), 1, [[0, 0], [1, 2], [0, 1], [0, 0]]) | tf.nn.conv3d(f(1, 5, 6, 7, 2), f(2, 2, 2, 2, 4), [1, 1, 2, 1, 1], "VALID") | tf.nn.convolution(f(2, 9, 9, 3), f(3, 3, 3, 8)) | tf.nn.convolution(f(2, 9, 3), f(3, 3, 8), strides=2, padding="SAME") | tf.nn.atrous_conv2d(f(2, 9, 9, 3), f(3, 3, 3, 8), 2, "SAME") | tf.nn.atrous_conv2d(f(2, 9, 9, 3), f(3, 3, 3, 8), rate=2, padding="VALID")
tf.nn.depthwise_conv2d(f(2, 9, 9, 3), f(3, 3, 3, 2), [1, 1, 1, 1], "SAME") | tf.nn.depthwise_conv2d(f(2, 9, 9, 3), f(3, 3, 4, 2), [1, 1, 1, 1], "SAME") | tf.nn.depthwise_conv2d(f(2, 9, 9, 3), f(3, 3, 3, 2), strides=[1, 2, 2, 1], padding="VALID") | tf.nn.separable_conv2d(f(2, 9, 9, 3), f(3, 3, 3, 2), f(1, 1, 6, 5), [1, 1, 1, 1], "SAME")
tf.nn.conv1d_transpose(f(2, 5, 8), f(4, 3, 8), [2, 10, 3], 2) | tf.nn.conv2d_transpose(f(2, 5, 5, 8), f(3, 3, 4, 8), [2, 10, 10, 4], 2) | tf.nn.conv2d_transpose(f(2, 5, 5, 8), f(3, 3, 4, 8), output_shape=[2, 11, 11, 4], strides=[1, 2, 2, 1], padding="VALID") | tf.nn.conv2d_transpose(f(2, 5, 5, 8), f(3, 3, 8, 4), [2, 10, 10, 4], 2) | tf.nn.conv3d_transpose(f(1, 2, 3, 4, 5), f(2, 2, 2, 6, 5), [1, 4, 6, 8, 6], 2) | tf.nn.conv_transpose(f(2, 5, 5, 8), f(3, 3, 4, 8), [2, 10, 10, 4], 2) | tf.nn.atrous_conv2d_transpose(f(2, 5, 5, 8), f(3, 3, 4, 8), [2, 5, 5, 4], 2, "SAME")
tf.nn.max_pool2d(f(2, 9, 9, 3), 2, 2, "VALID") | tf.nn.avg_pool2d(f(2, 9, 9, 3), [3, 3], [2, 2], "SAME") | tf.nn.max_pool1d(f(2, 9, 3), 2, 2, "VALID") | tf.nn.avg_pool1d(f(2, 9, 3), ksize=3, strides=1, padding="SAME") | tf.nn.max_pool3d(f(1, 5, 6, 7, 2), 2, 2, "VALID") | tf.nn.avg_pool3d(f(1, 5, 6, 7, 2), 2, 2, "VALID") | tf.nn.max_pool(f(2, 9, 9, 3), 2, 2, "VALID") | tf.nn.avg_pool(f(2, 9, 3), 2, 2, "VALID") | tf.nn.max_pool2d(f(9, 9, 3), 2, 2, "VALID") | tf.nn.max_pool2d(f(2, 2, 2, 3), 3, 1, "VALID") | tf.nn.pool(f(2, 9, 9, 3), [2, 2], "MAX", strides=[2, 2]) | tf.nn.pool(f(2, 9, 3), [3], "AVG", padding="SAME")
tf.nn.max_pool_with_argmax(f(2, 9, 9, 3), 2, 2, "VALID") | tf.nn.fractional_max_pool(f(2, 9, 9, 3), 1.5) | tf.nn.fractional_avg_pool(f(2, 9, 9, 3), [1.0, 1.5, 1.5, 1.0]) | tf.nn.dilation2d(f(2, 9, 9, 3), f(3, 3, 3), [1, 1, 1, 1], "SAME", "NHWC", [1, 1, 1, 1]) | tf.nn.erosion2d(f(2, 9, 9, 3), f(3, 3, 3), [1, 2, 2, 1], "VALID", "NHWC", [1, 1, 1, 1])
tf.nn.softmax(f(2, 3)) | tf.nn.log_softmax(f(2, 3), axis=0) | tf.nn.softmax(f(2, 3), axis=2) | tf.nn.softmax(i(2, 3)) | tf.nn.crelu(f(2, 3)) | tf.nn.bias_add(f(2, 4, 3), f(3)) | tf.nn.bias_add(f(2, 4, 3), f(4)) | tf.nn.bias_add(f(2, 3, 4, 5), f(3), data_format="NCHW") | tf.nn.dropout(f(2, 3), 0.5) | tf.nn.dropout(f(2, 3), rate=1.5) | tf.nn.experimental.stateless_dropout(f(2, 3), 0.5, [1, 2]) | tf.nn.local_response_normalization(f(2, 3, 4, 5)) | tf.nn.lrn(f(2, 3, 4, 5)) | tf.nn.isotonic_regression(f(2, 3))
tf.nn.moments(f(2, 3, 4), axes=[0, 1]) | tf.nn.moments(f(2, 3), [0], keepdims=True) | tf.nn.weighted_moments(f(2, 3), [0], f(2, 3)) | tf.nn.sufficient_statistics(f(2, 3), [0]) | tf.nn.normalize_moments(4.0, f(3), f(3), None) | tf.nn.batch_normalization(f(2, 3), f(3), f(3), f(3), f(3), 1e-3) | tf.nn.batch_normalization(f(2, 3), f(3), f(3), None, None, 1e-3) | tf.nn.batch_normalization(f(2, 3), f(2), f(2), None, None, 1e-3) | tf.nn.batch_norm_with_global_normalization(f(2, 3, 4, 5), f(5), f(5), f(5), f(5), 1e-3, True)
tf.nn.sigmoid_cross_entropy_with_logits(labels=f(2, 3), logits=f(2, 3)) | tf.nn.sigmoid_cross_entropy_with_logits(labels=f(2, 1), logits=f(2, 3)) | tf.nn.weighted_cross_entropy_with_logits(f(2, 3), f(2, 3), 2.0) | tf.nn.softmax_cross_entropy_with_logits(labels=f(2, 3), logits=f(2, 3)) | tf.nn.softmax_cross_entropy_with_logits(f(2, 3), f(2, 4)) | tf.nn.sparse_softmax_cross_entropy_with_logits(labels=i(2), logits=f(2, 3)) | tf.nn.sparse_softmax_cross_entropy_with_logits(labels=i(3), logits=f(2, 3)) | tf.nn.sparse_softmax_cross_entropy_with_logits(labels=f(2), logits=f(2, 3)) | tf.nn.sparse_softmax_cross_entropy_with_logits(labels=i(2, 4), logits=f(2, 4, 3)) | tf.nn.sigmoid_cross_entropy_with_logits(labels=i(2, 3), logits=f(2, 3))
tf.nn.log_poisson_loss(f(2, 3), f(2, 3)) | tf.nn.ctc_loss(i(2, 3), f(5, 2, 4), [3, 3], [5, 5], blank_index=0) | tf.nn.nce_loss(f(10, 4), f(10), l(3, 1), f(3, 4), 2, 10) | tf.nn.sampled_softmax_loss(f(10, 4), f(10), l(3, 1), f(3, 4), 2, 10) | tf.nn.compute_average_loss(f(4)) | tf.nn.scale_regularization_loss(f(3)) | tf.nn.ctc_unique_labels(i(2, 3)) | tf.nn.collapse_repeated(i(2, 3), [3, 2])
tf.image.resize(f(2, 9, 9, 3), [5, 6]) | tf.image.resize(u(9, 9, 3), (4, 4)) | tf.image.resize(u(9, 9, 3), (4, 4), method="nearest") | tf.image.resize(f(9, 9), (4, 4)) | tf.image.resize(f(9, 9, 3), [4]) | tf.image.resize(f(9, 6, 3), [4, 4], preserve_aspect_ratio=True) | tf.image.resize_with_pad(u(9, 9, 3), 4, 5) | tf.image.resize_with_crop_or_pad(u(9, 9, 3), 4, 12) | tf.image.resize_with_pad(f(2, 9, 9, 3), target_height=4, target_width=5)
tf.image.crop_to_bounding_box(f(9, 9, 3), 1, 2, 5, 6) | tf.image.crop_to_bounding_box(f(9, 9, 3), 5, 2, 5, 6) | tf.image.pad_to_bounding_box(f(2, 9, 9, 3), 1, 2, 12, 13) | tf.image.pad_to_bounding_box(f(9, 9, 3), 1, 2, 9, 13) | tf.image.central_crop(f(9, 10, 3), 0.5) | tf.image.central_crop(f(2, 9, 10, 3), 0.87) | tf.image.central_crop(f(9, 10, 3), 1.5) | tf.image.random_crop(f(9, 9, 3), [4, 4, 3]) | tf.image.random_crop(f(9, 9, 3), [14, 4, 3]) | tf.image.stateless_random_crop(f(9, 9, 3), [4, 4, 3], [1, 2]) | tf.image.random_crop(f(9, 9, 3), [4, 4])
tf.image.crop_and_resize(f(2, 9, 9, 3), f(5, 4), i(5), [4, 6]) | tf.image.extract_glimpse(f(2, 9, 9, 3), [4, 5], f(2, 2)) | tf.image.extract_patches(f(2, 9, 9, 3), [1, 3, 3, 1], [1, 2, 2, 1], [1, 1, 1, 1], "VALID") | tf.image.extract_patches(images=f(2, 9, 9, 3), sizes=[1, 3, 3, 1], strides=[1, 3, 3, 1], rates=[1, 1, 1, 1], padding="SAME") | tf.extract_volume_patches(f(1, 6, 6, 6, 2), [1, 2, 2, 2, 1], [1, 2, 2, 2, 1], "VALID")
tf.image.flip_left_right(f(9, 6, 3)) | tf.image.flip_up_down(f(2, 9, 6, 3)) | tf.image.random_flip_left_right(f(9, 6, 3)) | tf.image.random_flip_up_down(f(9, 6, 3)) | tf.image.stateless_random_flip_left_right(f(9, 6, 3), [1, 2]) | tf.image.stateless_random_flip_up_down(f(9, 6, 3), [1, 2]) | tf.image.rot90(f(9, 6, 3)) | tf.image.rot90(f(2, 9, 6, 3), k=2) | tf.image.transpose(f(9, 6, 3)) | tf.image.flip_left_right(f(9, 6)) | tf.image.rot90(f(9, 6))
tf.image.adjust_brightness(f(9, 6, 3), 0.1) | tf.image.adjust_contrast(f(9, 6, 3), 2.0) | tf.image.adjust_gamma(f(9, 6, 3), 0.5) | tf.image.adjust_hue(f(9, 6, 3), 0.1) | tf.image.adjust_saturation(f(9, 6, 3), 0.5) | tf.image.adjust_jpeg_quality(f(9, 6, 3), 50) | tf.image.random_brightness(f(9, 6, 3), 0.1) | tf.image.random_contrast(f(9, 6, 3), 0.1, 0.5) | tf.image.random_hue(f(9, 6, 3), 0.1) | tf.image.random_saturation(f(9, 6, 3), 0.1, 0.5) | tf.image.random_jpeg_quality(f(9, 6, 3), 50, 90) | tf.image.adjust_hue(f(9, 6, 1), 0.1) | tf.image.adjust_contrast(f(9, 6), 2.0) | tf.image.adjust_brightness(u(9, 6, 3), 0.1)
tf.image.stateless_random_brightness(f(9, 6, 3), 0.1, [1, 2]) | tf.image.stateless_random_contrast(f(9, 6, 3), 0.1, 0.5, [1, 2]) | tf.image.stateless_random_hue(f(9, 6, 3), 0.1, [1, 2]) | tf.image.stateless_random_saturation(f(9, 6, 3), 0.1, 0.5, [1, 2]) | tf.image.stateless_random_jpeg_quality(f(9, 6, 3), 50, 90, [1, 2])
tf.image.rgb_to_hsv(f(9, 6, 3)) | tf.image.hsv_to_rgb(f(9, 6, 3)) | tf.image.rgb_to_yiq(f(9, 6, 3)) | tf.image.rgb_to_yuv(f(9, 6, 3)) | tf.image.yiq_to_rgb(f(9, 6, 3)) | tf.image.yuv_to_rgb(f(9, 6, 3)) | tf.image.rgb_to_grayscale(f(9, 6, 3)) | tf.image.rgb_to_grayscale(u(2, 9, 6, 3)) | tf.image.grayscale_to_rgb(f(9, 6, 1)) | tf.image.rgb_to_grayscale(f(9, 6, 1)) | tf.image.grayscale_to_rgb(f(9, 6, 3)) | tf.image.convert_image_dtype(u(9, 6, 3), tf.float32) | tf.image.per_image_standardization(u(9, 6, 3)) | tf.image.per_image_standardization(f(2, 9, 6, 3)) | tf.image.draw_bounding_boxes(f(2, 9, 6, 3), f(2, 5, 4), f(2, 3))
tf.image.image_gradients(f(2, 9, 6, 3)) | tf.image.sobel_edges(f(2, 9, 6, 3)) | tf.image.total_variation(f(2, 9, 6, 3)) | tf.image.total_variation(f(9, 6, 3)) | tf.image.psnr(f(2, 9, 6, 3), f(2, 9, 6, 3), 1.0) | tf.image.ssim(f(2, 12, 12, 3), f(2, 12, 12, 3), 1.0) | tf.image.ssim_multiscale(f(1, 180, 180, 1), f(1, 180, 180, 1), 1.0) | tf.image.psnr(f(2, 9, 6, 3), f(2, 9, 5, 3), 1.0)
tf.image.decode_jpeg(img) | tf.io.decode_jpeg(img, channels=3) | tf.image.decode_png(img, channels=1) | tf.image.decode_bmp(bmp) | tf.image.decode_webp(webp) | tf.image.decode_gif(gif) | tf.image.decode_image(img) | tf.image.decode_image(img, channels=3, expand_animations=False) | tf.image.decode_and_crop_jpeg(img, [0, 0, 4, 4], channels=3) | tf.image.encode_jpeg(u(9, 6, 3)) | tf.image.encode_png(u(9, 6, 3)) | tf.io.read_file(path) | tf.io.serialize_tensor(f(2)) | tf.image.extract_jpeg_shape(img) | tf.image.is_jpeg(img)
tf.image.non_max_suppression(f(5, 4), f(5), 3) | tf.image.non_max_suppression_overlaps(f(5, 5), f(5), 3) | tf.image.non_max_suppression_with_scores(f(5, 4), f(5), 3) | tf.image.combined_non_max_suppression(f(2, 5, 1, 4), f(2, 5, 3), 4, 6) | tf.image.sample_distorted_bounding_box([9, 9, 3], f(1, 1, 4)) | tf.image.stateless_sample_distorted_bounding_box([9, 9, 3], f(1, 1, 4), [1, 2]) | tf.image.non_max_suppression(f(5, 4), f(4), 3)
tf.signal.fft(z(2, 8)) | tf.signal.fft2d(z(4, 8)) | tf.signal.fft3d(z(2, 4, 8)) | tf.signal.ifft(z(8)) | tf.signal.ifft2d(z(4, 8)) | tf.signal.ifft3d(z(2, 4, 8)) | tf.signal.fft(f(8)) | tf.signal.rfft(f(2, 8)) | tf.signal.rfft(f(8), fft_length=[6]) | tf.signal.rfft2d(f(4, 8)) | tf.signal.rfft3d(f(2, 4, 8)) | tf.signal.irfft(z(2, 5)) | tf.signal.irfft(z(5), [8]) | tf.signal.irfft2d(z(4, 5)) | tf.signal.irfft3d(z(2, 4, 5)) | tf.signal.fftshift(f(4, 8)) | tf.signal.ifftshift(f(4, 8), axes=1) | tf.signal.rfft2d(f(8))
tf.signal.dct(f(2, 8)) | tf.signal.dct(f(2, 8), n=4) | tf.signal.idct(f(2, 8)) | tf.signal.frame(f(2, 100), 20, 10) | tf.signal.frame(f(100), 20, 10, pad_end=True) | tf.signal.frame(f(10, 3), 4, 2, axis=0) | tf.signal.stft(f(2, 1000), 200, 80) | tf.signal.stft(f(1000), frame_length=200, frame_step=80, fft_length=512) | tf.signal.inverse_stft(z(2, 11, 129), 200, 80) | tf.signal.overlap_and_add(f(2, 9, 20), 10) | tf.signal.mdct(f(2, 100), 20) | tf.signal.inverse_mdct(f(2, 9, 10)) | tf.signal.mfccs_from_log_mel_spectrograms(f(2, 5, 8))
tf.signal.linear_to_mel_weight_matrix() | tf.signal.linear_to_mel_weight_matrix(40, 257, 16000, 80.0, 7600.0) | tf.signal.hamming_window(10) | tf.signal.hann_window(10, dtype=tf.float64) | tf.signal.kaiser_window(10) | tf.signal.kaiser_bessel_derived_window(10) | tf.signal.vorbis_window(10)
tf.random.normal([2, 3]) | tf.random.normal((2, 3), dtype=tf.float64) | tf.random.truncated_normal([2]) | tf.random.uniform([2, 3]) | tf.random.uniform((2,), maxval=5, dtype=tf.int32) | tf.random.uniform((2,), dtype=tf.int32) | tf.random.uniform(tf.shape(f(2, 3))) | tf.random.shuffle(f(4, 3)) | tf.random.gamma([2], [1.0, 2.0, 3.0]) | tf.random.poisson([2], 1.5) | tf.random.categorical(f(2, 3), 5) | tf.random.categorical(f(3), 5) | tf.random.split([1, 2], 3) | tf.random.fold_in([1, 2], 3)
tf.random.stateless_normal([2, 3], [1, 2]) | tf.random.stateless_truncated_normal([2, 3], [1, 2]) | tf.random.stateless_uniform([2, 3], seed=[1, 2]) | tf.random.stateless_uniform([2], [1, 2], 0, 5, tf.int32) | tf.random.stateless_parameterized_truncated_normal([2, 3], [1, 2]) | tf.random.stateless_binomial([2, 3], [1, 2], 5.0, 0.5) | tf.random.stateless_gamma([2, 3], [1, 2], 1.0) | tf.random.stateless_poisson([2, 3], [1, 2], 1.0) | tf.random.stateless_categorical(f(2, 3), 5, [1, 2])
tf.random.log_uniform_candidate_sampler(l(2, 1), 1, 3, True, 10) | tf.random.uniform_candidate_sampler(l(2, 1), 1, 3, True, 10) | tf.nn.all_candidate_sampler(l(2, 1), 1, 3, True) | tf.nn.fixed_unigram_candidate_sampler(l(2, 1), 1, 3, True, 4, unigrams=[1.0, 1.0, 1.0, 1.0]) | tf.nn.learned_unigram_candidate_sampler(l(2, 1), 1, 3, True, 10)
tf.math.real(z(2, 3)) | tf.math.imag(z(2)) | tf.math.angle(z(2)) | tf.math.is_non_decreasing(f(3)) | tf.math.is_strictly_increasing(f(3)) | tf.math.scalar_mul(2.0, f(2, 3)) | tf.scalar_mul(3, i(2)) | tf.math.betainc(f(2, 3), f(2, 3), f(2, 3)) | tf.math.polyval([f(3), f(3)], f(3)) | tf.add_n([f(2, 3), f(2, 3)]) | tf.add_n([f(2, 3), f(2, 4)]) | tf.math.accumulate_n([f(2, 3), f(2, 3)])
tf.clip_by_value(f(2, 3), 0.0, 1.0) | tf.clip_by_value(f(2, 3), 0, 1) | tf.clip_by_value(i(2, 3), 0, 1) | tf.clip_by_norm(f(2, 3), 1.0) | tf.clip_by_global_norm([f(2), f(3, 4)], 1.0)
tf.math.equal(f(2, 3), f(3)) | tf.equal(f(2), f(3)) | tf.not_equal(i(2, 3), 1) | tf.math.igamma(f(2), f(2)) | tf.math.igammac(f(2), f(2)) | tf.math.zeta(f(2), f(2)) | tf.math.polygamma(f(2), f(2)) | tf.math.atan2(f(2, 3), f(3)) | tf.math.nextafter(f(2), f(2))
tf.bitwise.invert(i(2, 3)) | tf.bitwise.bitwise_and(i(2), i(2)) | tf.bitwise.bitwise_or(i(2), i(2)) | tf.bitwise.bitwise_xor(i(2), i(2)) | tf.bitwise.left_shift(i(2), i(2)) | tf.bitwise.right_shift(i(2), i(2)) | tf.math.invert_permutation([1, 0]) | tf.math.logical_not(b(2)) | tf.math.logical_and(b(2, 3), b(3)) | tf.logical_or(b(2), True) | tf.math.logical_xor(b(2), b(2)) | tf.truncatediv(i(2), i(2)) | tf.truncatemod(i(2), i(2)) | tf.realdiv(f(2), f(2))
tf.TensorShape([2, 3]) | tf.random.get_global_generator().normal([2, 3]) | tf.random.Generator.from_seed(1).uniform([2, 3]) | tf.random.Generator.from_seed(1).truncated_normal([2]) | tf.random.Generator.from_non_deterministic_state().make_seeds(3) | tf.random.Generator.from_seed(1).split(2)
f(2, 3).numpy() | f(2, 3).shape | f(2, 3).get_shape() | f(2, 3).dtype | f(2, 3).ndim | f(2, 3).shape.as_list() | f(2, 3).shape.rank | f(2, 3).shape.num_elements() | f(2, 3).shape.concatenate([4]) | f(2, 3).shape.dims | f(2, 3).shape.ndims | f(2, 3).shape.with_rank(2) | len(f(2, 3)) | list(f(2, 3)) | f(2, 3).shape[0] | f(2, 3).set_shape([2, 3])
f(2, 3)[0] | f(2, 3)[:, 1] | f(2, 3)[..., None] | f(2, 3)[:, ::-1] | f(2, 3)[-1:] | f(2, 3)[1:, :2] | f(2, 3)[5] | f(2, 3)[0, 0, 0] | f(2, 3)[b(2)] | f(2, 3)[b(3)] | f(2, 3)[i(2)] | f(2, 3)[tf.constant(1)] | f(2, 3)[tf.newaxis] | f(2, 3)[b(2, 3)] | f(5, 3)[1:4:2] | f(5, 3)[::-2] | f(5, 3)[3:1] | tf.shape(f(2, 3))[0] | f(2, 3)[0][1]
f(2, 3) + f(3) | f(2, 3) - 1 | 1.0 * f(2, 3) | f(2, 3) / 2 | i(2) / 2 | u(2) / u(2) | i(2) // 2 | f(2) % 2 | f(2, 3) ** 2 | f(2, 3) @ f(3, 4) | f(2, 3) @ f(2, 3) | f(2, 3) + f(2) | f(2, 3) + i(2, 3) | i(2) + 0.5 | f(2) + nd(2) | nd(2) + f(2) | i(2) + nd(2) | f(2) > 0 | f(2) == f(2) | f(2) != i(2) | f(2) == f(3) | b(2) & b(2) | b(2) | b(2) | ~b(2) | -f(2) | abs(f(2)) | b(2) + b(2) | f(2) & f(2) | f(3) @ f(3, 4) | nd(2, 3) @ f(3, 4) | [1.0, 2.0] + f(2) | f(2) < f(3) | f(2) ^ f(2) | l(2) + i(2) | i(2, 3) * i(3) | f(2) >= 1 | f(2) <= 1.5 | i(2) | i(2)
tf.Variable(f(2, 3)).assign(f(2, 3)) | tf.Variable(f(2, 3)).assign(f(3)) | tf.Variable(f(2, 3)).assign_add(nd(2, 3)) | tf.Variable(f(2)).assign_sub([1.0, 2.0]) | tf.Variable(f(2, 3)).read_value() | tf.Variable(f(2, 3)) + 1 | tf.Variable(f(2, 3)).numpy() | tf.Variable(f(2, 3))[0] | tf.Variable(f(2)).assign(i(2)) | tf.Variable(f(2)).value()
tf.Variable(f(4)).scatter_nd_update([[0]], [1.0]) | tf.Variable(f(4)).scatter_nd_add([[0]], [1.0]) | tf.Variable(f(4)).scatter_nd_sub([[0]], [1.0]) | tf.Variable(f(4)).scatter_update(tf.IndexedSlices([1.0], [0])) | tf.Variable(f(4)).scatter_add(tf.IndexedSlices([1.0], [0])) | tf.Variable(f(4)).scatter_sub(tf.IndexedSlices([1.0], [0])) | tf.Variable(f(4)).scatter_max(tf.IndexedSlices([1.0], [0])) | tf.Variable(f(4)).scatter_min(tf.IndexedSlices([1.0], [0])) | tf.Variable(f(4)).scatter_mul(tf.IndexedSlices([1.0], [0])) | tf.Variable(f(4)).scatter_div(tf.IndexedSlices([1.0], [0])) | f(2, 3).shape.is_compatible_with([2, 3]) | f(2, 3).shape.is_fully_defined() | f(2, 3).shape.assert_has_rank(2) | f(2, 3).shape.assert_is_compatible_with([2, 3]) | f(2, 3).shape.merge_with([2, 3]) | f(2, 3).device | tf.Variable(f(2)).trainable | tf.Variable(f(2)).name | f(2).__len__() | f(2, 3).__array__() | tf.random.Generator.from_seed(3)
first(S(f(10, 3))) | first(S((f(10, 3), i(10)))) | first(S({"a": f(10, 3), "b": nd(10)})) | S((f(10, 3), f(9))) | S(f()) | first(S([1, 2, 3])) | first(S(([1.0, 2.0], [0, 1]))) | len(S(f(10, 3))) | first(S(["a", "b"])) | first(S([nf(2, 3), nf(2, 3)]))
first(D.from_tensors((f(10, 3), i(10)))) | len(D.from_tensors(f(3))) | first(D.range(5)) | len(D.range(2, 10, 3)) | first(D.range(5, output_type=tf.int32)) | first(D.random(seed=1)) | first(D.counter())
first(S(f(10, 3)).batch(4)) | first(S((f(10, 3), i(10))).batch(4)) | len(S(f(10, 3)).batch(4)) | first(S(f(10, 3)).batch(4, drop_remainder=True)) | len(S(f(10, 3)).batch(4, drop_remainder=True)) | first(S(f(3, 3)).batch(4)) | first(S(f(10, 3)).batch(0)) | first(S(f(10, 3)).batch(4).batch(2)) | first(S(f(10, 3)).batch(5).unbatch()) | first(S({"a": f(10, 3)}).batch(2)) | len(S(f(3, 3)).batch(4)) | list(S(f(10, 3)).batch(5)) | first(S(f(10, 3)).batch(5).rebatch(2))
first(S(f(10, 3)).map(lambda x: x * 2)) | first(S((f(10, 3), i(10))).map(lambda x, y: (x[0], tf.one_hot(y, 5)))) | first(S(f(10, 3)).map(lambda x: (x, x))) | first(S(f(10, 3)).map(lambda x: {"a": x, "b": tf.reduce_sum(x)})) | first(S({"a": f(10, 3)}).map(lambda r: r["a"][:2])) | S(f(10, 3)).map(lambda x: tf.reshape(x, [2, 2])) | first(S(f(10, 3)).map(lambda x: [x, x])) | first(S((f(10, 3), i(10))).batch(2).map(lambda x, y: (tf.cast(x, tf.float64), y))) | first(S(f(10, 3)).map(lambda x: 1)) | first(S((f(10, 3), i(10))).map(lambda x, y: x))
first(S(f(10, 3)).shuffle(10).repeat().batch(4).prefetch(2)) | len(S(f(10, 3)).repeat(3)) | len(S(f(10, 3)).take(3)) | len(S(f(10, 3)).take(30)) | len(S(f(10, 3)).skip(3)) | len(S(f(10, 3)).skip(30)) | first(S(f(10, 3)).cache().take(2).batch(2)) | first(S(f(10, 3)).take(-1)) | first(S(f(10, 3)).filter(lambda x: tf.reduce_sum(x) > 0)) | first(S(f(10, 3)).enumerate()) | first(S(f(10, 3)).shard(2, 0)) | first(S(i(10)).unique()) | first(S(f(10, 3)).take_while(lambda x: True)) | first(S(f(10, 3)).snapshot("/tmp/snapshot_of_test"))
first(D.zip((S(f(10, 3)), S(i(8))))) | first(D.zip(S(f(10, 3)), S(i(8)))) | len(D.zip((S(f(10, 3)), S(i(8))))) | first(D.zip((S(f(10, 3)), (S(i(8)), S(f(8)))))) | first(S(f(10, 3)).concatenate(S(f(4, 3)))) | len(S(f(10, 3)).concatenate(S(f(4, 3)))) | first(D.sample_from_datasets([S(f(10, 3)), S(f(5, 3))])) | first(D.choose_from_datasets([S(f(10, 3)), S(f(5, 3))], D.range(2)))
first(S(f(10, 3)).window(3).flat_map(lambda w: w.batch(3))) | first(D.range(10).window(4, shift=1, drop_remainder=True).flat_map(lambda w: w.batch(4))) | first(S((f(10, 3), i(10))).window(3).flat_map(lambda x, y: D.zip((x.batch(3), y.batch(3))))) | first(S(f(10, 3)).interleave(lambda x: D.from_tensors(x))) | first(S(f(10, 3)).flat_map(lambda x: S(x)))
first(S(f(10, 3)).padded_batch(4)) | first(S(f(10, 3)).padded_batch(4, padded_shapes=[5])) | first(S((f(10, 3), i(10))).padded_batch(2, ([5], []))) | first(S(f(10, 3)).padded_batch(4, padded_shapes=[2])) | first(S(f(10, 3)).padded_batch(4, [None], drop_remainder=True))
first(D.from_generator(lambda: [1, 2], output_signature=tf.TensorSpec(shape=(), dtype=tf.int32))) | first(D.from_generator(lambda: [(nf(3), 1), (nf(3), 1)], output_signature=(tf.TensorSpec((3,), tf.float32), tf.TensorSpec((), tf.int32))).batch(2)) | first(D.from_generator(lambda: [(nf(3), 1)], (tf.float32, tf.int32), ((3,), ()))) | first(D.from_generator(lambda: [nf(3)], output_types=tf.float32, output_shapes=[None])) | first(S(f(4, 3)).scan(0.0, lambda s, x: (s, x[:2]))) | first(S(f(4, 3)).apply(lambda d: d.batch(2)))
first(S(f(10, 3)).as_numpy_iterator()) | S(f(10, 3)).cardinality() | S(f(10, 3)).element_spec.shape | S(f(1, 3)).get_single_element() | S(f(10)).reduce(0.0, lambda s, x: s + x) | tf.data.experimental.cardinality(S(f(10))) | len(S(f(10))) | S(f(10, 3)).batch(5).options()
first(S(f(10, 3)).with_options(tf.data.Options())) | first(S(f(10, 3)).ignore_errors()) | first(D.list_files("/tmp/*")) | first(S(i(10)).ragged_batch(2)) | first(S(i(10, 3)).sparse_batch(2, [3])) | first(S(i(10)).bucket_by_sequence_length(lambda x: 1, [3], [2, 2])) | first(S(i(10)).group_by_window(lambda x: tf.cast(0, tf.int64), lambda k, w: w.batch(2), 2)) | first(S(i(10)).rejection_resample(lambda x: 0, [1.0]))
tf.GradientTape().gradient(f(2), f(2)) | tf.GradientTape().__enter__() | tf.function(lambda x: x * 2)(f(3)) | tf.function(input_signature=[tf.TensorSpec([None])])(lambda x: x * 2)(f(3)) | tf.autograph.experimental.do_not_convert(lambda x: x)(f(2)) | tf.recompute_grad(lambda x: x * 2)(f(3)) | tf.grad_pass_through(lambda x: x * 2)(f(3)) | tf.custom_gradient(lambda x: (x * 2, lambda g: g))(f(3))
slopes(lambda t, x: t.gradient(tf.reduce_sum(x * x), x)) | slopes(lambda t, x: t.gradient(x @ f(3, 4), [x])) | slopes(lambda t, x: t.gradient(x * 2, {"a": x})) | slopes(lambda t, x: t.jacobian(tf.reduce_sum(x, 1), x)) | slopes(lambda t, x: t.jacobian(tf.reduce_sum(x, 1), [x, x])) | slopes(lambda t, x: t.batch_jacobian(x * x, x)) | slopes(lambda t, x: t.watched_variables()) | slopes(lambda t, x: t.reset())
tf.map_fn(lambda x: x * 2, f(4, 3)) | tf.map_fn(lambda x: tf.reduce_sum(x), f(4, 3)) | tf.map_fn(lambda p: p[0] + p[1], (f(4, 3), f(4, 3)), fn_output_signature=tf.float32) | tf.vectorized_map(lambda x: tf.reduce_sum(x), f(4, 3)) | tf.map_fn(lambda x: x, f()) | tf.map_fn(lambda x: (x, tf.reduce_sum(x)), f(4, 3), fn_output_signature=(tf.float32, tf.float32))
tf.scan(lambda a, x: a + x, f(4, 3)) | tf.scan(lambda a, x: a + tf.reduce_sum(x), f(4, 3), initializer=0.0) | tf.foldl(lambda a, x: a + x, f(4, 3)) | tf.foldr(lambda a, x: a + x, f(4, 3)) | tf.while_loop(lambda n, x: n < 3, lambda n, x: (n + 1, x * 2), [0, f(2)]) | tf.while_loop(lambda n: n < 3, lambda n: (n + 1,), (tf.constant(0),))
tf.cond(tf.reduce_any(b(2)), lambda: f(2, 3), lambda: f(2, 3) * 2) | tf.cond(True, lambda: f(2, 3), lambda: f(4)) | tf.switch_case(tf.constant(1), [lambda: f(2), lambda: f(2)]) | tf.switch_case(tf.constant(1), {0: lambda: f(2), 1: lambda: f(2)}, default=lambda: f(2)) | tf.case([(tf.reduce_any(b(2)), lambda: f(2))], default=lambda: f(2))
tf.py_function(lambda x: x, [f(2)], tf.float32) | tf.numpy_function(lambda x: x, [f(2)], [tf.float32])
tf.strings.length(tf.constant(["a", "b"])) | tf.strings.lower(tf.constant(["a", "b"])) | tf.strings.upper(tf.constant(["a"])) | tf.strings.strip(tf.constant(["a"])) | tf.strings.regex_replace(tf.constant(["a"]), "a", "b") | tf.strings.substr(tf.constant(["abc"]), 0, 1) | tf.strings.as_string(i(2, 3)) | tf.strings.to_number(tf.constant(["1"])) | tf.strings.to_number(tf.constant(["1"]), tf.int32) | tf.strings.regex_full_match(tf.constant(["a"]), "a") | tf.strings.to_hash_bucket(tf.constant(["a"]), 3) | tf.strings.to_hash_bucket_fast(tf.constant(["a"]), 3) | tf.io.decode_raw(tf.constant(["abcd"]), tf.uint8) | tf.audio.decode_wav(wav)
K.sum(f(2, 3)) | K.sum(f(2, 3), axis=1) | K.mean(f(2, 3), -1) | K.mean(b(2, 3)) | K.max(f(2, 3), axis=0, keepdims=True) | K.flatten(f(2, 3)) | K.batch_flatten(f(2, 3, 4)) | K.square(f(2)) | K.clip(f(2), 0.0, 1.0) | K.argmax(f(2, 3)) | K.expand_dims(f(2)) | K.concatenate([f(2, 3), f(2, 4)]) | K.softmax(f(2, 3)) | K.cast(f(2), "int32") | K.permute_dimensions(f(2, 3), (1, 0)) | K.random_normal((2, 3)) | K.std(f(2, 3), axis=0) | K.l2_normalize(f(2, 3), axis=-1) | K.maximum(f(2), 0.0) | K.equal(f(2), f(2)) | K.gather(f(4, 3), i(2)) | K.transpose(f(2, 3)) | K.zeros_like(f(2)) | K.one_hot(i(2), 3) | K.reverse(f(2, 3), 0) | K.tile(f(2, 3), [1, 2]) | K.stack([f(2), f(2)]) | K.shape(f(2, 3)) | K.cumsum(f(3)) | K.sigmoid(f(2)) | K.abs(f(2)) | K.elu(f(2)) | K.argmin(f(2, 3)) | K.squeeze(f(1, 3), 0) | K.pow(f(2), 2) | K.concatenate([f(2, 3), f(3, 3)])
"""

# Element by element: one call each.
UNARY_FLOAT = (
    "math.acos math.acosh math.asin math.asinh math.atan math.atanh math.bessel_i0 math.bessel_i0e math.bessel_i1 "
    "math.bessel_i1e math.cos math.cosh math.digamma math.erf math.erfc math.erfcinv math.erfinv math.exp math.expm1 "
    "math.lgamma math.log math.log1p math.ndtri math.rsqrt math.sigmoid math.sin math.sinh math.sqrt math.tan math.tanh "
    "math.log_sigmoid math.softplus math.softsign math.rint math.reciprocal_no_nan nn.elu nn.gelu nn.selu nn.silu math.abs "
    "math.ceil math.conj math.floor math.negative math.reciprocal math.round math.sign math.square nn.relu nn.relu6 "
    "nn.leaky_relu math.is_finite math.is_inf math.is_nan abs acos sqrt square nn.swish nn.tanh"
)
BINARY = (
    "math.add math.subtract math.multiply math.floordiv math.floormod math.maximum math.minimum math.pow "
    "math.squared_difference math.divide_no_nan math.multiply_no_nan math.xdivy math.xlog1py math.xlogy math.greater "
    "math.greater_equal math.less math.less_equal math.divide math.truediv math.mod add multiply"
)


def calls() -> list[str]:
    """Every call."""
    found = [
        text.strip()
        for line in CALLS.strip().splitlines()
        for text in line.replace("b(2) | b(2)", "b(2) |b(2)").replace("i(2) | i(2)", "i(2) |i(2)").split(" | ")
    ]
    for name in UNARY_FLOAT.split():
        found += [f"tf.{name}(f(2, 3))", f"tf.{name}(i(2, 3))", f"tf.{name}(z(2))"]
    for name in BINARY.split():
        found += [
            f"tf.{name}({pair})"
            for pair in (
                "f(2, 3), f(3)",
                "f(2, 3), f(2)",
                "i(2), i(2)",
                "f(2), i(2)",
                "f(2), 2",
                "i(2), 0.5",
                "f(2), nd(2)",
            )
        ]
    return found


# Not to be called from an expression, or of no tensor that this mode of TensorFlow has.
UNCALLED = frozenset(
    f"tensorflow.{name}"
    for name in "Tensor.__setitem__ Tensor.graph Tensor.handle Tensor.op Tensor.path random.Generator GradientTape.__exit__ Module.variables Module.trainable_variables GradientTape.stop_recording placeholder data.Dataset.load data.Dataset.save data.Dataset.dense_to_ragged_batch data.experimental.load data.experimental.make_csv_dataset data.FixedLengthRecordDataset data.TFRecordDataset data.TextLineDataset".split()
)
# What TensorFlow accepts in one setting and not in another: nothing is said of it, or no shape.
UNSURE = frozenset(
    (
        'tf.nn.conv2d(f(2, 2, 2, 3), f(3, 3, 3, 8), 1, "VALID")',
        'tf.nn.max_pool2d(f(2, 2, 2, 3), 3, 1, "VALID")',
        "tf.image.decode_image(img)",
        "f(2) == f(3)",
        "tf.Variable(f(2)).assign(i(2))",  # a weight of Keras, which takes it, is a variable too
        "tf.py_function(lambda x: x, [f(2)], tf.float32)",
        "tf.numpy_function(lambda x: x, [f(2)], [tf.float32])",
        "tf.GradientTape().gradient(f(2), f(2))",
        "slopes(lambda t, x: t.watched_variables())",
        "first(S(i(10)).ragged_batch(2))",
        "first(S(i(10, 3)).sparse_batch(2, [3]))",
        "first(S(i(10)).bucket_by_sequence_length(lambda x: 1, [3], [2, 2]))",
        "first(S(i(10)).group_by_window(lambda x: tf.cast(0, tf.int64), lambda k, w: w.batch(2), 2))",
        "first(S(i(10)).rejection_resample(lambda x: 0, [1.0]))",
    )
)
# What only this build of TensorFlow refuses.
SILENT = frozenset(("tf.math.reciprocal(i(2, 3))", "tf.math.round(z(2))", "tf.GradientTape().gradient(f(2), f(2))"))


def called() -> set[str]:
    """The paths of all rules that the calls reach."""
    from shapelens.rules import registry

    found: set[str] = set()
    apply = registry.apply_rule

    def noted(c, rule, *args, **kwargs):  # type: ignore[no-untyped-def]
        found.add(rule.path)
        return apply(c, rule, *args, **kwargs)

    import sys

    from tests.rules.tensorflow.harness import Ours

    ours = Ours()
    users = [m for m in list(sys.modules.values()) if getattr(m, "apply_rule", None) is apply]
    for module in users:
        module.apply_rule = noted  # type: ignore[attr-defined]
    try:
        for text in calls():
            ours(text)
    finally:
        for module in users:
            module.apply_rule = apply  # type: ignore[attr-defined]
    return found

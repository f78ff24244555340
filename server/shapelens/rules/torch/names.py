"""The names of attributes that torch's tensors and layers have, so that it can be told which they have not.

Written by tests/rules/torch/names.py from torch itself; names with two underscores and those of Module are left out.
"""

from __future__ import annotations

TENSOR_NAMES = frozenset(
    (
        "H T _addmm_activation _autocast_to_full_precision _autocast_to_reduced_precision _backward_hooks _base "
        "_cdata _clear_non_serializable_cached_data _coalesced_ _conj _conj_physical _dimI _dimV _dtensor__new__ "
        "_fix_weakref _grad _grad_fn _has_symbolic_sizes_strides _indices _is_all_true _is_any_true _is_view "
        "_is_zerotensor _lazy_clone _make_subclass _make_wrapper_subclass _neg_view _nested_tensor_size "
        "_nested_tensor_storage_offsets _nested_tensor_strides _nnz _philox_normal_ _philox_uniform_ "
        "_post_accumulate_grad_hooks _python_dispatch _reduce_ex_internal _rev_view_func_unsafe "
        "_sparse_mask_projection _to_dense _to_sparse _to_sparse_bsc _to_sparse_bsr _to_sparse_csc _to_sparse_csr "
        "_typed_storage _use_count _values _version _view_func _view_func_unsafe abs abs_ absolute absolute_ acos "
        "acos_ acosh acosh_ add add_ addbmm addbmm_ addcdiv addcdiv_ addcmul addcmul_ addmm addmm_ addmv addmv_ addr "
        "addr_ adjoint all allclose amax amin aminmax angle any apply_ arccos arccos_ arccosh arccosh_ arcsin arcsin_ "
        "arcsinh arcsinh_ arctan arctan2 arctan2_ arctan_ arctanh arctanh_ argmax argmin argsort argwhere as_strided "
        "as_strided_ as_strided_scatter as_subclass asin asin_ asinh asinh_ atan atan2 atan2_ atan_ atanh atanh_ "
        "backward baddbmm baddbmm_ bernoulli bernoulli_ bfloat16 bincount bitwise_and bitwise_and_ bitwise_left_shift "
        "bitwise_left_shift_ bitwise_not bitwise_not_ bitwise_or bitwise_or_ bitwise_right_shift bitwise_right_shift_ "
        "bitwise_xor bitwise_xor_ bmm bool broadcast_to byte cauchy_ ccol_indices cdouble ceil ceil_ cfloat chalf "
        "char cholesky cholesky_inverse cholesky_solve chunk clamp clamp_ clamp_max clamp_max_ clamp_min clamp_min_ "
        "clip clip_ clone coalesce col_indices conj conj_physical conj_physical_ const_data_ptr contiguous copy_ "
        "copysign copysign_ corrcoef cos cos_ cosh cosh_ count_nonzero cov cpu cross crow_indices cuda cummax cummin "
        "cumprod cumprod_ cumsum cumsum_ data data_ptr deg2rad deg2rad_ dense_dim dequantize det detach detach_ "
        "device diag diag_embed diagflat diagonal diagonal_scatter diff digamma digamma_ dim dim_order dist div div_ "
        "divide divide_ dot double dsplit dtype eig element_size eq eq_ equal erf erf_ erfc erfc_ erfinv erfinv_ exp "
        "exp2 exp2_ exp_ expand expand_as expm1 expm1_ exponential_ fill_ fill_diagonal_ fix fix_ flatten flip fliplr "
        "flipud float float_power float_power_ floor floor_ floor_divide floor_divide_ fmax fmin fmod fmod_ frac "
        "frac_ frexp gather gcd gcd_ ge ge_ geometric_ geqrf ger get_device grad grad_dtype grad_fn greater greater_ "
        "greater_equal greater_equal_ gt gt_ half hardshrink hash_tensor heaviside heaviside_ histc histogram hsplit "
        "hypot hypot_ i0 i0_ igamma igamma_ igammac igammac_ imag index index_add index_add_ index_copy index_copy_ "
        "index_fill index_fill_ index_put index_put_ index_reduce index_reduce_ index_select indices inner int "
        "int_repr inverse ipu is_coalesced is_complex is_conj is_contiguous is_cpu is_cuda is_distributed "
        "is_floating_point is_inference is_ipu is_leaf is_maia is_meta is_mkldnn is_mps is_mtia is_neg is_nested "
        "is_nonzero is_pinned is_quantized is_same_size is_set_to is_shared is_signed is_sparse is_sparse_csr "
        "is_vulkan is_xla is_xpu isclose isfinite isinf isnan isneginf isposinf isreal istft item itemsize kron "
        "kthvalue layout lcm lcm_ ldexp ldexp_ le le_ lerp lerp_ less less_ less_equal less_equal_ lgamma lgamma_ log "
        "log10 log10_ log1p log1p_ log2 log2_ log_ log_normal_ log_softmax logaddexp logaddexp2 logcumsumexp logdet "
        "logical_and logical_and_ logical_not logical_not_ logical_or logical_or_ logical_xor logical_xor_ logit "
        "logit_ logsumexp long lstsq lt lt_ lu lu_solve mH mT map2_ map_ masked_fill masked_fill_ masked_scatter "
        "masked_scatter_ masked_select matmul matrix_exp matrix_power max maximum mean median min minimum mm mode "
        "module_load moveaxis movedim msort mtia mul mul_ multinomial multiply multiply_ mv mvlgamma mvlgamma_ name "
        "nan_to_num nan_to_num_ nanmean nanmedian nanquantile nansum narrow narrow_copy nbytes ndim ndimension ne ne_ "
        "neg neg_ negative negative_ nelement new new_empty new_empty_strided new_full new_ones new_tensor new_zeros "
        "nextafter nextafter_ nonzero nonzero_static norm normal_ not_equal not_equal_ numel numpy orgqr ormqr outer "
        "output_nr permute pin_memory pinverse polygamma polygamma_ positive pow pow_ prelu prod put put_ "
        "q_per_channel_axis q_per_channel_scales q_per_channel_zero_points q_scale q_zero_point qr qscheme quantile "
        "rad2deg rad2deg_ random_ ravel real reciprocal reciprocal_ record_stream register_hook "
        "register_post_accumulate_grad_hook reinforce relu relu_ remainder remainder_ renorm renorm_ repeat "
        "repeat_interleave requires_grad requires_grad_ reshape reshape_as resize resize_ resize_as resize_as_ "
        "resize_as_sparse_ resolve_conj resolve_neg retain_grad retains_grad roll rot90 round round_ row_indices "
        "rsqrt rsqrt_ scatter scatter_ scatter_add scatter_add_ scatter_reduce scatter_reduce_ select select_scatter "
        "set_ sgn sgn_ shape share_memory_ short sigmoid sigmoid_ sign sign_ signbit sin sin_ sinc sinc_ sinh sinh_ "
        "size slice_inverse slice_scatter slogdet smm softmax solve sort sparse_dim sparse_mask sparse_resize_ "
        "sparse_resize_and_clear_ split split_with_sizes sqrt sqrt_ square square_ squeeze squeeze_ sspaddmm std stft "
        "storage storage_offset storage_type stride sub sub_ subtract subtract_ sum sum_to_size svd swapaxes "
        "swapaxes_ swapdims swapdims_ symeig t t_ take take_along_dim tan tan_ tanh tanh_ tensor_split tile to "
        "to_dense to_mkldnn to_padded_tensor to_sparse to_sparse_bsc to_sparse_bsr to_sparse_coo to_sparse_csc "
        "to_sparse_csr tolist topk trace transpose transpose_ triangular_solve tril tril_ triu triu_ true_divide "
        "true_divide_ trunc trunc_ type type_as unbind unflatten unfold uniform_ unique unique_consecutive "
        "unsafe_chunk unsafe_split unsafe_split_with_sizes unsqueeze unsqueeze_ untyped_storage values var vdot view "
        "view_as vsplit where xlogy xlogy_ xpu zero_"
    ).split()
)

_LAYER_NAMES = {
    "AdaptiveAvgPool1d": "output_size",
    "AdaptiveAvgPool2d": "output_size",
    "AdaptiveAvgPool3d": "output_size",
    "AdaptiveLogSoftmaxWithLoss": (
        "_get_full_log_prob cutoffs div_value head head_bias head_size in_features log_prob n_classes n_clusters "
        "predict reset_parameters shortlist_size tail"
    ),
    "AdaptiveMaxPool1d": "output_size return_indices",
    "AdaptiveMaxPool2d": "output_size return_indices",
    "AdaptiveMaxPool3d": "output_size return_indices",
    "AlphaDropout": "inplace p",
    "AvgPool1d": "ceil_mode count_include_pad kernel_size padding stride",
    "AvgPool2d": "ceil_mode count_include_pad divisor_override kernel_size padding stride",
    "AvgPool3d": "ceil_mode count_include_pad divisor_override kernel_size padding stride",
    "BCELoss": "reduction weight",
    "BCEWithLogitsLoss": "pos_weight reduction weight",
    "BatchNorm1d": (
        "_check_input_dim affine bias eps momentum num_batches_tracked num_features reset_parameters "
        "reset_running_stats running_mean running_var track_running_stats weight"
    ),
    "BatchNorm2d": (
        "_check_input_dim affine bias eps momentum num_batches_tracked num_features reset_parameters "
        "reset_running_stats running_mean running_var track_running_stats weight"
    ),
    "BatchNorm3d": (
        "_check_input_dim affine bias eps momentum num_batches_tracked num_features reset_parameters "
        "reset_running_stats running_mean running_var track_running_stats weight"
    ),
    "Bilinear": "bias in1_features in2_features out_features reset_parameters weight",
    "CELU": "alpha inplace",
    "CTCLoss": "blank reduction zero_infinity",
    "ChannelShuffle": "groups",
    "CircularPad1d": "_check_input_dim padding",
    "CircularPad2d": "_check_input_dim padding",
    "CircularPad3d": "_check_input_dim padding",
    "ConstantPad1d": "padding value",
    "ConstantPad2d": "padding value",
    "ConstantPad3d": "padding value",
    "Container": "",
    "Conv1d": (
        "_conv_forward _reversed_padding_repeated_twice bias dilation groups in_channels kernel_size out_channels "
        "output_padding padding padding_mode reset_parameters stride transposed weight"
    ),
    "Conv2d": (
        "_conv_forward _reversed_padding_repeated_twice bias dilation groups in_channels kernel_size out_channels "
        "output_padding padding padding_mode reset_parameters stride transposed weight"
    ),
    "Conv3d": (
        "_conv_forward _reversed_padding_repeated_twice bias dilation groups in_channels kernel_size out_channels "
        "output_padding padding padding_mode reset_parameters stride transposed weight"
    ),
    "ConvTranspose1d": (
        "_conv_forward _output_padding _reversed_padding_repeated_twice bias dilation groups in_channels kernel_size "
        "out_channels output_padding padding padding_mode reset_parameters stride transposed weight"
    ),
    "ConvTranspose2d": (
        "_conv_forward _output_padding _reversed_padding_repeated_twice bias dilation groups in_channels kernel_size "
        "out_channels output_padding padding padding_mode reset_parameters stride transposed weight"
    ),
    "ConvTranspose3d": (
        "_conv_forward _output_padding _reversed_padding_repeated_twice bias dilation groups in_channels kernel_size "
        "out_channels output_padding padding padding_mode reset_parameters stride transposed weight"
    ),
    "CosineEmbeddingLoss": "margin reduction",
    "CosineSimilarity": "dim eps",
    "CrossEntropyLoss": "ignore_index label_smoothing reduction weight",
    "CrossMapLRN2d": "alpha beta k size",
    "DataParallel": "device_ids dim gather module output_device parallel_apply replicate scatter src_device_obj",
    "Dropout": "inplace p",
    "Dropout1d": "inplace p",
    "Dropout2d": "inplace p",
    "Dropout3d": "inplace p",
    "ELU": "alpha inplace",
    "Embedding": (
        "_fill_padding_idx_with_zero embedding_dim freeze from_pretrained max_norm norm_type num_embeddings "
        "padding_idx reset_parameters scale_grad_by_freq sparse weight"
    ),
    "EmbeddingBag": (
        "_fill_padding_idx_with_zero embedding_dim from_pretrained include_last_offset max_norm mode norm_type "
        "num_embeddings padding_idx reset_parameters scale_grad_by_freq sparse weight"
    ),
    "FeatureAlphaDropout": "inplace p",
    "Flatten": "end_dim start_dim",
    "Fold": "dilation kernel_size output_size padding stride",
    "FractionalMaxPool2d": "_random_samples kernel_size output_ratio output_size return_indices",
    "FractionalMaxPool3d": "_random_samples kernel_size output_ratio output_size return_indices",
    "GELU": "approximate",
    "GLU": "dim",
    "GRU": (
        "_all_weights _flat_weight_refs _flat_weights _flat_weights_names _init_flat_weights _update_flat_weights "
        "_weights_have_changed all_weights batch_first bias bidirectional check_forward_args check_hidden_size "
        "check_input dropout flatten_parameters get_expected_hidden_size hidden_size input_size mode num_layers "
        "permute_hidden proj_size reset_parameters weight"
    ),
    "GRUCell": "bias bias_hh bias_ih hidden_size input_size reset_parameters weight_hh weight_ih",
    "GaussianNLLLoss": "eps full reduction",
    "GroupNorm": "affine bias eps num_channels num_groups reset_parameters weight",
    "Hardshrink": "lambd",
    "Hardsigmoid": "inplace",
    "Hardswish": "inplace",
    "Hardtanh": "inplace max_val min_val",
    "HingeEmbeddingLoss": "margin reduction",
    "HuberLoss": "delta reduction",
    "Identity": "",
    "InstanceNorm1d": (
        "_apply_instance_norm _check_input_dim _get_no_batch_dim _handle_no_batch_input affine bias eps momentum "
        "num_batches_tracked num_features reset_parameters reset_running_stats running_mean running_var "
        "track_running_stats weight"
    ),
    "InstanceNorm2d": (
        "_apply_instance_norm _check_input_dim _get_no_batch_dim _handle_no_batch_input affine bias eps momentum "
        "num_batches_tracked num_features reset_parameters reset_running_stats running_mean running_var "
        "track_running_stats weight"
    ),
    "InstanceNorm3d": (
        "_apply_instance_norm _check_input_dim _get_no_batch_dim _handle_no_batch_input affine bias eps momentum "
        "num_batches_tracked num_features reset_parameters reset_running_stats running_mean running_var "
        "track_running_stats weight"
    ),
    "KLDivLoss": "log_target reduction",
    "L1Loss": "reduction",
    "LPPool1d": "ceil_mode kernel_size norm_type stride",
    "LPPool2d": "ceil_mode kernel_size norm_type stride",
    "LPPool3d": "ceil_mode kernel_size norm_type stride",
    "LSTM": (
        "_all_weights _flat_weight_refs _flat_weights _flat_weights_names _init_flat_weights _update_flat_weights "
        "_weights_have_changed all_weights batch_first bias bidirectional check_forward_args check_hidden_size "
        "check_input dropout flatten_parameters get_expected_cell_size get_expected_hidden_size hidden_size "
        "input_size mode num_layers permute_hidden proj_size reset_parameters weight"
    ),
    "LSTMCell": "bias bias_hh bias_ih hidden_size input_size reset_parameters weight_hh weight_ih",
    "LayerNorm": "bias elementwise_affine eps normalized_shape reset_parameters weight",
    "LazyBatchNorm1d": (
        "_check_input_dim _infer_parameters _initialize_hook _lazy_load_hook _load_hook affine bias cls_to_become eps "
        "fc1 fc2 has_uninitialized_params initialize_parameters momentum num_batches_tracked num_features relu1 relu2 "
        "reset_parameters reset_running_stats running_mean running_var track_running_stats weight"
    ),
    "LazyBatchNorm2d": (
        "_check_input_dim _infer_parameters _initialize_hook _lazy_load_hook _load_hook affine bias cls_to_become eps "
        "fc1 fc2 has_uninitialized_params initialize_parameters momentum num_batches_tracked num_features relu1 relu2 "
        "reset_parameters reset_running_stats running_mean running_var track_running_stats weight"
    ),
    "LazyBatchNorm3d": (
        "_check_input_dim _infer_parameters _initialize_hook _lazy_load_hook _load_hook affine bias cls_to_become eps "
        "fc1 fc2 has_uninitialized_params initialize_parameters momentum num_batches_tracked num_features relu1 relu2 "
        "reset_parameters reset_running_stats running_mean running_var track_running_stats weight"
    ),
    "LazyConv1d": (
        "_conv_forward _get_in_channels _get_num_spatial_dims _infer_parameters _initialize_hook _lazy_load_hook "
        "_load_hook _reversed_padding_repeated_twice bias cls_to_become dilation fc1 fc2 groups "
        "has_uninitialized_params in_channels initialize_parameters kernel_size out_channels output_padding padding "
        "padding_mode relu1 relu2 reset_parameters stride transposed weight"
    ),
    "LazyConv2d": (
        "_conv_forward _get_in_channels _get_num_spatial_dims _infer_parameters _initialize_hook _lazy_load_hook "
        "_load_hook _reversed_padding_repeated_twice bias cls_to_become dilation fc1 fc2 groups "
        "has_uninitialized_params in_channels initialize_parameters kernel_size out_channels output_padding padding "
        "padding_mode relu1 relu2 reset_parameters stride transposed weight"
    ),
    "LazyConv3d": (
        "_conv_forward _get_in_channels _get_num_spatial_dims _infer_parameters _initialize_hook _lazy_load_hook "
        "_load_hook _reversed_padding_repeated_twice bias cls_to_become dilation fc1 fc2 groups "
        "has_uninitialized_params in_channels initialize_parameters kernel_size out_channels output_padding padding "
        "padding_mode relu1 relu2 reset_parameters stride transposed weight"
    ),
    "LazyConvTranspose1d": (
        "_conv_forward _get_in_channels _get_num_spatial_dims _infer_parameters _initialize_hook _lazy_load_hook "
        "_load_hook _output_padding _reversed_padding_repeated_twice bias cls_to_become dilation fc1 fc2 groups "
        "has_uninitialized_params in_channels initialize_parameters kernel_size out_channels output_padding padding "
        "padding_mode relu1 relu2 reset_parameters stride transposed weight"
    ),
    "LazyConvTranspose2d": (
        "_conv_forward _get_in_channels _get_num_spatial_dims _infer_parameters _initialize_hook _lazy_load_hook "
        "_load_hook _output_padding _reversed_padding_repeated_twice bias cls_to_become dilation fc1 fc2 groups "
        "has_uninitialized_params in_channels initialize_parameters kernel_size out_channels output_padding padding "
        "padding_mode relu1 relu2 reset_parameters stride transposed weight"
    ),
    "LazyConvTranspose3d": (
        "_conv_forward _get_in_channels _get_num_spatial_dims _infer_parameters _initialize_hook _lazy_load_hook "
        "_load_hook _output_padding _reversed_padding_repeated_twice bias cls_to_become dilation fc1 fc2 groups "
        "has_uninitialized_params in_channels initialize_parameters kernel_size out_channels output_padding padding "
        "padding_mode relu1 relu2 reset_parameters stride transposed weight"
    ),
    "LazyInstanceNorm1d": (
        "_apply_instance_norm _check_input_dim _get_no_batch_dim _handle_no_batch_input _infer_parameters "
        "_initialize_hook _lazy_load_hook _load_hook affine bias cls_to_become eps fc1 fc2 has_uninitialized_params "
        "initialize_parameters momentum num_batches_tracked num_features relu1 relu2 reset_parameters "
        "reset_running_stats running_mean running_var track_running_stats weight"
    ),
    "LazyInstanceNorm2d": (
        "_apply_instance_norm _check_input_dim _get_no_batch_dim _handle_no_batch_input _infer_parameters "
        "_initialize_hook _lazy_load_hook _load_hook affine bias cls_to_become eps fc1 fc2 has_uninitialized_params "
        "initialize_parameters momentum num_batches_tracked num_features relu1 relu2 reset_parameters "
        "reset_running_stats running_mean running_var track_running_stats weight"
    ),
    "LazyInstanceNorm3d": (
        "_apply_instance_norm _check_input_dim _get_no_batch_dim _handle_no_batch_input _infer_parameters "
        "_initialize_hook _lazy_load_hook _load_hook affine bias cls_to_become eps fc1 fc2 has_uninitialized_params "
        "initialize_parameters momentum num_batches_tracked num_features relu1 relu2 reset_parameters "
        "reset_running_stats running_mean running_var track_running_stats weight"
    ),
    "LazyLinear": (
        "_infer_parameters _initialize_hook _lazy_load_hook _load_hook bias cls_to_become fc1 fc2 "
        "has_uninitialized_params in_features initialize_parameters out_features relu1 relu2 reset_parameters weight"
    ),
    "LeakyReLU": "inplace negative_slope",
    "Linear": "bias in_features out_features reset_parameters weight",
    "LinearCrossEntropyLoss": "ignore_index label_smoothing linear num_classes options out_features reduction weight",
    "LocalResponseNorm": "alpha beta k size",
    "LogSigmoid": "",
    "LogSoftmax": "dim",
    "MSELoss": "reduction",
    "MarginRankingLoss": "margin reduction",
    "MaxPool1d": "ceil_mode dilation kernel_size padding return_indices stride",
    "MaxPool2d": "ceil_mode dilation kernel_size padding return_indices stride",
    "MaxPool3d": "ceil_mode dilation kernel_size padding return_indices stride",
    "MaxUnpool1d": "kernel_size padding stride",
    "MaxUnpool2d": "kernel_size padding stride",
    "MaxUnpool3d": "kernel_size padding stride",
    "Mish": "inplace",
    "ModuleDict": "activations choices clear items keys pop update values",
    "ModuleList": "_get_abs_string_index append extend insert linears pop",
    "MultiLabelMarginLoss": "reduction",
    "MultiLabelSoftMarginLoss": "reduction weight",
    "MultiMarginLoss": "margin p reduction weight",
    "MultiheadAttention": (
        "_qkv_same_embed_dim _reset_parameters add_zero_attn batch_first bias_k bias_v dropout embed_dim head_dim "
        "in_proj_bias in_proj_weight k_proj_weight kdim merge_masks num_heads out_proj q_proj_weight v_proj_weight "
        "vdim"
    ),
    "NLLLoss": "ignore_index reduction weight",
    "NLLLoss2d": "ignore_index reduction weight",
    "PReLU": "init num_parameters reset_parameters weight",
    "PairwiseDistance": "eps keepdim norm",
    "ParameterDict": "_key_to_attr _keys clear copy fromkeys get items keys params pop popitem setdefault update values",
    "ParameterList": "_get_abs_string_index _size append extend params",
    "PixelShuffle": "upscale_factor",
    "PixelUnshuffle": "downscale_factor",
    "PoissonNLLLoss": "eps full log_input reduction",
    "RMSNorm": "elementwise_affine eps normalized_shape reset_parameters weight",
    "RNN": (
        "_all_weights _flat_weight_refs _flat_weights _flat_weights_names _init_flat_weights _update_flat_weights "
        "_weights_have_changed all_weights batch_first bias bidirectional check_forward_args check_hidden_size "
        "check_input dropout flatten_parameters get_expected_hidden_size hidden_size input_size mode nonlinearity "
        "num_layers permute_hidden proj_size reset_parameters weight"
    ),
    "RNNBase": (
        "_all_weights _flat_weight_refs _flat_weights _flat_weights_names _init_flat_weights _update_flat_weights "
        "_weights_have_changed all_weights batch_first bias bidirectional check_forward_args check_hidden_size "
        "check_input dropout flatten_parameters get_expected_hidden_size hidden_size input_size mode num_layers "
        "permute_hidden proj_size reset_parameters weight"
    ),
    "RNNCell": "bias bias_hh bias_ih hidden_size input_size nonlinearity reset_parameters weight_hh weight_ih",
    "RNNCellBase": "bias bias_hh bias_ih hidden_size input_size reset_parameters weight_hh weight_ih",
    "RReLU": "inplace lower upper",
    "ReLU": "inplace",
    "ReLU6": "inplace max_val min_val",
    "ReflectionPad1d": "padding",
    "ReflectionPad2d": "padding",
    "ReflectionPad3d": "padding",
    "ReplicationPad1d": "padding",
    "ReplicationPad2d": "padding",
    "ReplicationPad3d": "padding",
    "SELU": "inplace",
    "Sequential": "_get_item_by_idx append extend insert pop",
    "SiLU": "inplace",
    "Sigmoid": "",
    "SmoothL1Loss": "beta reduction",
    "SoftMarginLoss": "reduction",
    "Softmax": "dim",
    "Softmax2d": "",
    "Softmin": "dim",
    "Softplus": "beta threshold",
    "Softshrink": "lambd",
    "Softsign": "",
    "SyncBatchNorm": (
        "_check_input_dim _check_non_zero_input_channels affine bias convert_sync_batchnorm eps momentum "
        "num_batches_tracked num_features process_group reset_parameters reset_running_stats running_mean running_var "
        "track_running_stats weight"
    ),
    "Tanh": "",
    "Tanhshrink": "",
    "Threshold": "inplace threshold value",
    "Transformer": "_reset_parameters batch_first d_model decoder encoder generate_square_subsequent_mask nhead",
    "TransformerDecoder": "layers norm num_layers",
    "TransformerDecoderLayer": (
        "_ff_block _mha_block _sa_block activation dropout dropout1 dropout2 dropout3 linear1 linear2 multihead_attn "
        "norm1 norm2 norm3 norm_first self_attn"
    ),
    "TransformerEncoder": "enable_nested_tensor layers mask_check norm num_layers use_nested_tensor",
    "TransformerEncoderLayer": (
        "_ff_block _sa_block activation activation_relu_or_gelu dropout dropout1 dropout2 linear1 linear2 norm1 norm2 "
        "norm_first self_attn"
    ),
    "TripletMarginLoss": "eps margin p reduction swap",
    "TripletMarginWithDistanceLoss": "distance_function margin reduction swap",
    "Unflatten": "_require_tuple_int dim unflattened_size",
    "Unfold": "dilation kernel_size padding stride",
    "Upsample": "align_corners mode name recompute_scale_factor scale_factor size",
    "UpsamplingBilinear2d": "align_corners mode name recompute_scale_factor scale_factor size",
    "UpsamplingNearest2d": "align_corners mode name recompute_scale_factor scale_factor size",
    "ZeroPad1d": "padding value",
    "ZeroPad2d": "padding value",
    "ZeroPad3d": "padding value",
}

LAYER_NAMES = {f"torch.nn.{layer}": frozenset(names.split()) for layer, names in _LAYER_NAMES.items()}

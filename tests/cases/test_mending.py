"""Every offered fix is made, analysed again and run with the installed torch."""

from __future__ import annotations

import pytest

from shapelens.report.catalogue import CATALOGUE
from tests.cases.mending import judged, programs, run_all, small_programs, table

BEYOND_ONE_EDIT: frozenset[str] = frozenset(
    (
        "illegal_stride_bad",  # which stride was meant is not known
        "keras_batch_axis_missing_bad",
        "keras_functional_two_inputs_bad",
        "keras_two_outputs_bad",
        "modulelist_called_bad",  # which of its layers were meant is not known
        "nll_rank_bad",  # the target has no pixels
        "numpy_choice_bad",
        "numpy_in_place_broadcast_bad",
        "numpy_kmeans_bad",
        "numpy_one_hot_bad",
        "numpy_out_bad",
        "numpy_polyfit_bad",
        "numpy_ragged_bad",
        "numpy_tensor_method_bad",
        "rank-mismatch-1",  # an image without channels
        "reshape-mismatch-3",  # two sizes are wrong
        "residual_stride_bad",  # the condition for the projection lacks the stride
        "stack_lengths_bad",  # recordings of different lengths
        "uncalled_function_bad",  # who is right is not known: nobody calls the function
        "uncalled_no_size_fits_bad",
        "unet_odd_bad",  # an image of odd size
    )
)
"""Programs without a fix."""

NOT_YET: frozenset[str] = frozenset(
    (
        "attention_long_mask_bad",
        "backward_of_vector_bad",
        "bool_minus_bad",
        "checkpoint_head_bad",
        "distillation_classes_bad",
        "double_then_float_bad",
        "fixed_batch_hidden_bad",
        "fixed_batch_labels_bad",
        "gaussian_variance_bad",
        "half_module_bad",
        "in_place_promotion_bad",
        "integer_mean_bad",
        "keras_concatenate_branches_bad",
        "keras_fit_missing_channel_bad",
        "keras_flatten_dense_size_bad",
        "keras_input_shape_int_bad",
        "keras_lstm_rank_bad",
        "keras_residual_add_bad",
        "keras_transfer_head_bad",
        "language_model_shift_bad",
        "numpy_advanced_order_bad",
        "numpy_append_method_bad",
        "numpy_boolean_and_bad",
        "numpy_concatenate_tuple_bad",
        "numpy_conv2d_bad",
        "numpy_float_index_bad",
        "numpy_float_size_bad",
        "numpy_gradient_descent_bad",
        "numpy_if_array_bad",
        "numpy_in_place_division_bad",
        "numpy_meshgrid_bad",
        "numpy_random_tuple_bad",
        "numpy_reshape_bad",
        "numpy_too_many_indices_bad",
        "numpy_transpose_axes_bad",
        "numpy_zeros_tuple_bad",
        "tf_dataset_map_reshape_bad",
        "tf_gradient_step_bad",
        "tf_index_with_tensor_bad",
        "tf_integer_times_float_bad",
        "tf_mixed_dtypes_bad",
        "tf_training_loop_labels_bad",
        "triplet_embeddings_bad",
        "truth_of_tensor_bad",
        "unpack_generator_bad",
    )
)
"""Programs that one edit would mend and that no fix is offered for so far."""


@pytest.fixture(scope="module")
def judgement():
    pytest.importorskip("torch")
    return judged([*programs(), *small_programs()])


def test_every_offered_fix_mends_the_program(judgement):
    _, offered = judgement
    assert [str(mended) for mended in offered if mended.wrong] == []
    assert len({(mended.text, mended.problem) for mended in offered}) == len(offered)


def test_nearly_every_program_has_a_fix(judgement, capsys):
    problems, offered = judgement
    with capsys.disabled():
        print("", *table(problems, offered), sep="\n")
    assert set(problems) - {mended.program.name for mended in offered} == BEYOND_ONE_EDIT | NOT_YET


def test_the_small_programs_fail_as_their_names_say(judgement):
    problems, _ = judgement
    small = small_programs()
    assert [p.name for p, error in zip(small, run_all([(p, p.text) for p in small], check=True)) if not error] == []
    for program in small:
        code = program.name.rpartition("-")[0]
        assert code in CATALOGUE
        assert code in {problem.code for problem in problems[program.name]}, program.name

"""Which tests are slow, which need one runtime only, and which slow ones every runtime gets: by the
beginnings of their ids.

The marks are explained in setup.cfg and CONTRIBUTING.md.
"""

# End to end: whole programs, trainings and clusters in processes of their own.
SLOW = (
    "tests/answering/test_web_page.py",
    "tests/test_architecture.py",
    "tests/prediction/test_export.py",
    "tests/prediction/test_export_formats.py",
    "tests/prediction/runtimes/test_openvino.py",
    "tests/prediction/test_job_faults.py",
    "tests/prediction/test_memory.py",
    "tests/prediction/test_spark.py",
    "tests/programs/",
    "tests/tasks/test_toy_task.py",
    "tests/training/test_distributed.py",
    "tests/training/test_faults.py",
    "tests/training/test_keeping.py",
    "tests/training/test_memory.py::test_a_step_takes_what_was_estimated",
)

# Whole programs for which TensorFlow's version makes no difference. The library code in them is
# tested on both runtimes.
ONCE = (
    "tests/test_make_env.py",
    # The text of the source.
    "tests/test_architecture.py::test_imports_point_downwards",
    "tests/test_architecture.py::test_nothing_imports_a_program",
    "tests/test_architecture.py::test_no_two_files_import_each_other",
    "tests/test_architecture.py::test_shared_rooms_name_no_task",
    "tests/test_architecture.py::test_tensorflow_is_imported_in_its_rooms_alone",
    "tests/test_architecture.py::test_the_library_is_flagless",
    # Without TensorFlow: files, rewards, what is remembered and drawn.
    "tests/masking_policy/test_array_file.py",
    "tests/masking_policy/test_meta_test.py",
    "tests/masking_policy/test_pictures.py",
    "tests/masking_policy/test_rewards.py",
    "tests/masking_policy/test_tasks.py",
    # Work that is divided, killed, damaged and carried on: files and processes.
    "tests/records/test_job.py::test_a_shard_in_the_middle",
    "tests/records/test_job.py::test_an_unfinished_run",
    "tests/records/test_job.py::test_complete_outputs",
    "tests/records/test_job.py::test_finished_shards",
    "tests/records/test_job.py::test_max_examples",
    "tests/records/test_job.py::test_of_an_unfinished_run",
    "tests/records/test_job.py::test_other_settings",
    "tests/records/test_job.py::test_parts_that_were_damaged",
    "tests/records/test_job.py::test_spoilt_outputs",
    "tests/records/test_job.py::test_what_an_earlier_version",
    "tests/records/test_job.py::test_windows_chosen_by_scores",
    "tests/records/test_verification.py",
    "tests/cli/test_command.py::test_help_of_a_program",
    # A model of arithmetic answers; that there may be any number of workers is tested on each.
    "tests/prediction/test_job.py::test_counts_are",
    "tests/prediction/test_job.py::test_pages_are_in_the_order",
    "tests/prediction/test_job.py::test_the_best_answers",
    "tests/prediction/test_job.py::test_thresholds",
    "tests/prediction/test_job.py::test_what_is_predicted",
    # One damaged record is named on each; these are others.
    "tests/training/test_run.py::test_a_damaged_gzipped_file",
    "tests/training/test_run.py::test_a_damaged_record_among_gzip_members",
    "tests/training/test_run.py::test_a_record_that_the_model_has_no_place_for",
    # The groups themselves are tested on each.
    "tests/training/test_run.py::test_a_run_on_windows_grouped_by_length",
    # Names, numbers and folders; that runs are repeatable, and go on, is tested on each.
    "tests/training/test_run.py::test_a_run_goes_on_in_a_folder_that_was_moved",
    "tests/training/test_run.py::test_a_seed_that_was_not_given",
    "tests/training/test_run.py::test_another_seed",
    "tests/training/test_run.py::test_no_temporary_files",
    "tests/training/test_run.py::test_steps_may_be_given",
    # That teachers in the graph and their stored logits give the same losses is tested on each.
    "tests/training/test_teachers.py::test_a_step_may_have_several_passes",
    "tests/training/test_teachers.py::test_a_student_learns",
    "tests/training/test_teachers.py::test_several_devices",
    "tests/training/test_teachers.py::test_they_are_neither",
    "tests/training/test_teachers.py::test_windows_",
    # Episodes are tested on each; these are bits, which a program's test compares as well.
    "tests/masking_policy/test_meta_training.py::test_stopped_in_an_episode",
    # One seed each, as the task can be learned there too.
    "tests/masking_policy/test_synthetic.py::test_the_policy_beats_the_random_masker[1]",
    "tests/masking_policy/test_synthetic.py::test_the_policy_beats_the_random_masker[2]",
    "tests/masking_policy/test_synthetic.py::test_with_the_scores_turned_round",
    # Each encoder has tests of its own on each, with numpy as the reference; bert-tensorflow is the
    # reference on one alone. Half precision and recomputed layers are tested one by one.
    "tests/masking_policy/test_lm_graph.py::test_it_learns_what_is_masked[albert]",
    "tests/masking_policy/test_lm_graph.py::test_it_learns_what_is_masked[distilbert]",
    "tests/masking_policy/test_lm_graph.py::test_it_learns_what_is_masked[xlnet]",
    "tests/modeling/encoders/test_bert.py::test_bert_model_gives_the_same",
    "tests/modeling/test_training.py::test_half_precision_is_as_near_to_float32_as_its_mantissa_allows[True",
    # More of the same.
    "tests/prediction/test_predictor.py::test_pages_under_way_are_bounded[8]",
    "tests/prediction/test_predictor.py::test_pages_under_way_are_bounded[100]",
    "tests/training/test_trainers.py::test_they_are_equal_whatever_a_step_is[settings1]",
    "tests/training/test_trainers.py::test_they_are_equal_whatever_a_step_is[settings2]",
    # Pictures, streams of programs, another package's WordNet: nothing of TensorFlow.
    "tests/augmentation/test_lexicon.py::test_nltk_finds_the_same",
    "tests/cli/test_start.py",
    "tests/scoring/nq/test_report.py",
    "tests/scoring/squad/test_report.py",
    "tests/scoring/test_plots.py::test_files_are_pictures",
    # In a browser.
    "tests/answering/test_web_page.py",
    # Flags, files and messages: what they lead to is tested on both.
    "tests/programs/test_ask.py::test_a_folder_of_pages",
    "tests/programs/test_distillation.py",
    "tests/programs/test_ask.py::test_answers_are_those_of_run_squad",
    "tests/programs/test_ask.py::test_python_says_the_same",
    "tests/programs/test_ask.py::test_the_answer_in_its_paragraph",
    "tests/programs/test_ask.py::test_what_cannot_be_asked",
    "tests/programs/test_ask.py::test_what_is_no_model",
    "tests/programs/test_candidate_scores.py::test_other_scores_under_the_same_name",
    "tests/programs/test_candidate_scores.py::test_what_",
    "tests/programs/test_candidate_scores.py::test_windows_are_chosen",
    "tests/programs/test_next_commands.py",
    "tests/programs/test_odd_inputs.py",
    "tests/programs/test_prefilter_models.py",
    "tests/programs/test_quesbelm_faults.py",
    "tests/programs/test_one_annotator.py",
    "tests/programs/test_run_nq.py::test_a_bad_line_in_the_middle_leaves_the_old_predictions",
    "tests/programs/test_run_nq.py::test_a_checkpoint_of_the_other_case_is_refused",
    "tests/programs/test_run_nq.py::test_a_copy_of_the_model_writes_its_predictions_beside_it",
    "tests/programs/test_run_nq.py::test_a_dev_set_with_pages_that_cannot_be_used",
    "tests/programs/test_run_nq.py::test_a_model_that_was_moved_is_found",
    "tests/programs/test_run_nq.py::test_a_pretrained_encoder_does_not_answer_questions",
    "tests/programs/test_run_nq.py::test_an_encoder_that_is_not_complete_does_not_answer_questions",
    "tests/programs/test_run_nq.py::test_checkpoints_that_do_not_fit",
    "tests/programs/test_run_nq.py::test_flags_that_contradict_the_model_are_refused",
    "tests/programs/test_run_nq.py::test_flags_that_contradict_the_records_are_refused",
    "tests/programs/test_run_nq.py::test_flags_that_may_differ_from_the_models_are_told",
    "tests/programs/test_run_nq.py::test_prediction_leaves_the_models_own_flags",
    "tests/programs/test_run_nq.py::test_records_of_another_vocabulary_are_refused",
    "tests/programs/test_run_nq.py::test_the_model_knows_how_it_was_made",
    "tests/programs/test_run_nq.py::test_training_does_not_go_on_from_weights_alone",
    "tests/programs/test_run_nq.py::test_training_takes_the_settings_of_its_records",
    "tests/programs/test_run_nq.py::test_weights_that_are_of_no_use_are_told",
    "tests/programs/test_run_nq_encoders.py",
    "tests/programs/test_run_nq_input.py",
    "tests/programs/test_run_squad.py::test_a_step_and_an_overlap_cannot_both_be",
    "tests/programs/test_run_squad.py::test_answers_that_are_not_found_are_told",
    "tests/programs/test_run_squad.py::test_flags_that_cannot_be",
    "tests/programs/test_run_squad.py::test_thresholds_decide_when_to_answer",
    "tests/programs/test_run_squad.py::test_version_2_without_its_flag_is_refused",
    "tests/programs/test_runtimes.py",
    "tests/programs/test_run_squad_beam.py",
    "tests/programs/test_run_classifier.py::test_what",
    "tests/programs/test_run_mlm.py::test_readers_of_questions_start_from_it",
    "tests/programs/test_run_mlm.py::test_records_are_looked_at",
    "tests/programs/test_run_mlm.py::test_the_next_command_fine_tunes",
    "tests/programs/test_run_mlm.py::test_the_same_bytes_with_any_number_of_workers",
    "tests/programs/test_run_mlm.py::test_what_is_refused",
    "tests/programs/test_run_mlm.py::test_xlnet",
    "tests/programs/test_run_nmg.py",
    "tests/programs/test_run_squad_encoders.py",
    "tests/programs/test_wheel.py",
    "tests/programs/test_settings.py",
    "tests/programs/test_squad_eval.py",
    "tests/test_architecture.py::test_a_wrong_flag_is_told_before_tensorflow",
    "tests/test_architecture.py::test_an_argument_without_dashes_is_refused",
    # Without TensorFlow: scores, error pages; downloads, pages and records as programs make, kill
    # and resume them.
    "tests/programs/test_ensemble_predictions.py",
    "tests/programs/test_error_pages.py",
    "tests/programs/test_make_vocab.py",
    "tests/programs/test_nq_eval.py",
    "tests/programs/test_tune_thresholds.py",
    "tests/programs/test_augment_nq_data.py",
    "tests/programs/test_download_nq.py",
    "tests/programs/test_download_nq_faults.py",
    "tests/programs/test_error_pages_browser.py",
    "tests/programs/test_error_pages_squad.py",
    "tests/programs/test_extract.py",
    "tests/programs/test_pages_to_nq.py",
    "tests/programs/test_prepare_faults.py",
    "tests/programs/test_prepare_squad_data.py",
    "tests/programs/test_prepare_pages.py",
    "tests/programs/test_sample_corpus.py",
    "tests/programs/test_serve.py",
    # Spark: a run stays on all, since pyspark's versions differ as well; what is about a cluster is
    # Java's.
    "tests/programs/test_prepare_spark.py::test_a_page_that_cannot_be_used",
    "tests/programs/test_prepare_spark.py::test_training_records",
    "tests/programs/test_spark_cluster.py",
    "tests/prediction/test_spark.py",
    # Measurements and demos: rows of programs, of which those that need TensorFlow run on each.
    "tests/programs/test_benchmarks.py",
    "tests/programs/test_compare_augmentations.py",
    "tests/programs/test_demo.py",
    "tests/training/test_memory.py::test_a_step_takes_what_was_estimated[fp32-True]",
    "tests/training/test_memory.py::test_a_step_takes_what_was_estimated[bf16-False]",
)

# Slow, and run on every runtime: one of each kind of whole program. The others run on one.
EACH = (
    "tests/test_architecture.py::test_all_other_modules_do_without_tensorflow",
    "tests/prediction/test_export.py::test_a_client_has_the_answers_of_the_model",
    "tests/prediction/test_job_faults.py::test_stopped_and_carried_on_it_is_the_same",
    "tests/programs/test_convert_checkpoint.py::test_a_converted_model_computes",
    "tests/programs/test_prepare_spark.py::test_prediction_records_through_spark_submit",
    "tests/programs/test_run_classifier.py::test_it_learns_and_is_scored",
    "tests/programs/test_run_mlm.py::test_it_learns_and_is_scored",
    "tests/programs/test_run_nq.py::test_all_that_training_can_do_at_once",
    "tests/programs/test_run_nq.py::test_both_formats_have_the_same_answers",
    "tests/programs/test_run_nq.py::test_training_counts_its_records_and_learns",
    "tests/programs/test_run_nq_predict.py::test_all_that_prediction_can_do_at_once",
    "tests/programs/test_run_quesbelm.py::test_a_base_model_is_trained_and_scored",
    "tests/programs/test_run_squad.py::test_version_1_is_learned",
    "tests/training/test_distributed.py::test_two_workers_train_as_one_process_does",
    "tests/training/test_keeping.py::test_a_model_is_scored_now_and_then",
)


def marks_of(test_id: str):
    """The names of the marks of a test: "tests/programs/test_extract.py::test_x" is slow and once.
    """
    return [name for name, beginnings in (("slow", SLOW), ("once", ONCE), ("each", EACH))
            if test_id.startswith(beginnings)]

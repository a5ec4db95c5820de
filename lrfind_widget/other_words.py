"""The words of other finders: ours for the same, and what takes the place of those without one."""

from __future__ import annotations

ELSEWHERE = {
    "start_lr": "min_lr lr_min lr_lower",
    "end_lr": "max_lr lr_max lr_upper final_lr",
    "num_it steps": "num_training num_training_steps num_iter num_iterations iterations num_steps "
    "n_steps max_steps steps_per_epoch epochs num_epochs max_epochs",
    "steps": "num_it",
    "num_it": "steps",
    "stop_div": "diverge_th diverge_threshold early_stop_threshold stop_factor tolerance",
    "beta": "smooth_f smoothing smoothing_factor",
    "mode": "step_mode scale",
    "accumulate": "accumulation_steps accumulate_grad_batches gradient_acc",
    "loss_fn": "criterion loss_func loss",
    "step_fn": "output_transform training_step",
    "update_fn": "process_function train_step",
    "prepare_batch": "image_extractor label_extractor",
    "val_loader": "val_iter val_dataloader val_dataloaders valid_loader test_loader",
    "val_loss_fn": "eval_metric val_metric",
    "wd": "weight_decay",
    "clip_grad_norm": "gradient_clip_val max_grad_norm",
    "lr": "learning_rate",
    "lrs": "lr learning_rate learning_rates",
    "amp": "precision amp_backend amp_config",
    "grad_scaler": "scaler",
    "isolation": "cache_dir memory_cache",
    "rule": "suggestion suggest_fn suggest_func suggest_funcs suggestion_method",
    "suggestion": "suggest suggest_lr display_suggestion steepest_lr suggestions rule",
    "skip_start": "skip_begin n_skip_beginning",
    "skip_begin": "skip_start",
    "skip_end": "n_skip_end",
    "x_scale": "log_lr logx",
    "y_scale": "log_scale",
    "apply auto_apply": "update_attr",
    "auto_start": "autostart",
    "progress": "verbose pbar",
    "dataloader": "train_loader train_dataloaders dataloaders loader train_dl train_data",
    "optimizer": "opt optim",
    "model": "net module",
}
"""Our word (the first of these that the caller takes), and those that other finders have for it."""

DIFFERS = {
    "epochs num_epochs max_epochs": "Steps of the optimizer are counted, not epochs.",
    "diverge_th diverge_threshold early_stop_threshold stop_factor": (
        "{name}=5 is stop_div=5; None is stop_div=False."
    ),
    "tolerance": "A number is a factor of the best loss, not a loss.",
    "smooth_f": "smooth_f is the weight of the newest loss: beta = 1 - smooth_f.",
    "step_mode scale": '"exponential" and "log" are "exp".',
    "update_attr": "With a Trainer it writes module.lr or module.learning_rate.",
    "output_transform": "It returns the loss itself.",
    "image_extractor label_extractor": "One function returns both, as (inputs, target).",
    "amp_backend amp_config precision": 'It is amp="bf16" or amp="fp16".',
    "cache_dir memory_cache": "Nothing is written to a disk.",
    "log_lr logx": '{name}=False is x_scale="linear".',
    "suggest_func suggest_funcs": "`suggestions` asks several.",
}
"""What differs in meaning."""

_RESTORED = "All that a sweep touches is restored, without being named."
_DEVICE = "Batches are moved to the device of the model."
_DRAWN = "result.plot() draws the curve, and result.save_figure(path) writes the picture."
_LOADER = "The loader says it."

OTHERWISE = {
    "to_save auto_reset restore_weights_only": _RESTORED,
    "pickle_module pickle_protocol weights_only": f"Nothing is pickled. {_RESTORED}",
    "device non_blocking_transfer non_blocking": _DEVICE,
    "batch_size num_workers shuffle workers": _LOADER,
    "datamodule": "Pass its loaders, as datamodule.train_dataloader().",
    "lr learning_rate": "A sweep raises it from start_lr to end_lr; the optimizer has its own.",
    "descending": "A range test raises the rate, from start_lr to end_lr.",
    "wd_values": "Sweep once for each, with wd=; result.plot(others=[...]) draws them together.",
    "trainer train_engine": (
        "Pass its model, loader and optimizer; a step of its own is update_fn=."
    ),
    "learn": "Pass its model, loader, optimizer and loss, as loss_fn=.",
    "method": "A sweep trains.",
    "attr_name": "Set the attribute yourself: module.lr = result.suggested_lr.",
    "gradient_clip_algorithm": "clip_grad_norm clips the norm; what clips values is an update_fn=.",
    "callbacks cbs": "None are called; what belongs to a step goes into step_fn= or update_fn=.",
    "show_plot plot_lr_finder plot_save_dir": _DRAWN,
    "verbose pbar": "The screen shows how far it is.",
    "show": f"plt.show() shows the figure. {_DRAWN}",
    "log_lr logx x_scale": "The axis is as mode= raises the rate; result.plot(x_scale=) has both.",
    "nms": "Each rule is drawn with its name.",
    "s w bbox ext check_finite": "It is an argument of a spline, which k= asks for.",
    "rule suggestion suggest_fn suggest_func suggest_funcs suggestion_method": (
        "The result is asked: result.suggestion('valley'), result.suggestions(['valley', 'slide'])."
    ),
    "skip_start skip_end skip_begin": (
        "A rule that skips is asked: result.suggestion('min_gradient', skip_start=5)."
    ),
    "lr_range": "It is start_lr and end_lr here.",
    "lr_mult": "It follows from start_lr, end_lr and num_it.",
    "class_weight": "The loss weighs them: loss_fn=nn.CrossEntropyLoss(weight=weights).",
    "freeze_until": "Freeze the parameters themselves: parameter.requires_grad_(False).",
    "norm_weight_decay": "Give these parameters a group of the optimizer, with its weight_decay.",
}
"""What is to be said of a word that the caller has none for."""

OTHERS = {
    "model": "the model to train.",
    "dataloader": "the batches to train on.",
    "optimizer": "the optimizer, over parameters of the model.",
    "lrs": "the rates to compare.",
    "skip_begin": "points at the start that the search leaves out.",
    "x_scale": 'the axis of the rates, "log" or "linear".',
    "suggestion": "a rule to mark, several, True for fastai v1's red dot, or False.",
}
"""What those of our words mean that are no options."""

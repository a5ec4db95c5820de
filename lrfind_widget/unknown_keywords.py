"""What to say of a keyword that is unknown here, also where another finder has it."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from functools import cache

from lrfind_widget.option_fields import Options, options_of
from lrfind_widget.options import CompareOptions, FindOptions, WidgetOptions

_FACTOR = "It stops at four times the best loss; the factor cannot be changed."
_STEPS = "Steps of the optimizer are counted, not epochs."

# Their word, ours (the first that the caller takes), and what differs in meaning.
_ELSEWHERE: dict[str, tuple[str, str]] = {
    "max_lr": ("end_lr", ""),
    "min_lr": ("start_lr", ""),
    "num_training": ("num_it steps", ""),
    "num_training_steps": ("num_it steps", ""),
    "num_iter": ("num_it steps", ""),
    "num_iterations": ("num_it steps", ""),
    "iterations": ("num_it steps", ""),
    "num_steps": ("num_it steps", ""),
    "num_it": ("steps", ""),
    "steps": ("num_it", ""),
    "epochs": ("num_it steps", _STEPS),
    "num_epochs": ("num_it steps", _STEPS),
    "diverge_th": ("stop_div", _FACTOR),
    "diverge_threshold": ("stop_div", _FACTOR),
    "early_stop_threshold": ("stop_div", _FACTOR),
    "smooth_f": ("beta", "smooth_f is the weight of the newest loss: beta = 1 - smooth_f."),
    "smoothing": ("beta", ""),
    "smoothing_factor": ("beta", ""),
    "step_mode": ("mode", ""),
    "accumulation_steps": ("accumulate", ""),
    "accumulate_grad_batches": ("accumulate", ""),
    "criterion": ("loss_fn", ""),
    "loss_func": ("loss_fn", ""),
    "output_transform": ("step_fn", ""),
    "val_iter": ("val_loader", ""),
    "val_dataloader": ("val_loader", ""),
    "val_dataloaders": ("val_loader", ""),
    "weight_decay": ("wd", ""),
    "gradient_clip_val": ("clip_grad_norm", ""),
    "max_grad_norm": ("clip_grad_norm", ""),
    "precision": ("amp", ""),
    "amp_backend": ("amp", ""),
    "amp_config": ("amp", ""),
    "scaler": ("grad_scaler", ""),
    "cache_dir": ("isolation", "Nothing is written to a disk."),
    "memory_cache": ("isolation", "Nothing is written to a disk."),
    "suggestion": ("rule", ""),
    "suggest_fn": ("rule", ""),
    "suggest_func": ("rule", ""),
    "suggest_funcs": ("rule", "One rule is chosen; `suggestions` has what each of them says."),
    "suggestion_method": ("rule", ""),
    "skip_begin": ("skip_start", ""),
    "log_scale": ("y_scale", ""),
    "update_attr": ("auto_apply", ""),
    "autostart": ("auto_start", ""),
    "verbose": ("progress", ""),
    "train_loader": ("dataloader", ""),
    "train_dataloaders": ("dataloader", ""),
}


def refuse_unknown(given: Iterable[str], known: Iterable[str], caller: str) -> None:
    """Raise TypeError for a keyword that is unknown, with the one to use instead."""
    choices = list(known)
    for name in given:
        if name not in choices:
            raise TypeError(
                f"{caller} does not know the keyword {name!r}. {_instead(name, choices)}"
            )


def _instead(name: str, known: list[str]) -> str:
    ours, differs = _ELSEWHERE.get(name, ("", ""))
    for word in ours.split():
        if word in known:
            return " ".join(filter(None, [f"It is {word!r} here: {_meaning(word)}", differs]))
    near = difflib.get_close_matches(name, known, n=1, cutoff=0.5)
    return f"Did you mean {near[0]!r}?" if near else f"Known are {', '.join(known)}."


@cache
def _meaning(name: str) -> str:
    """Return the first sentence of what a keyword means."""
    kinds: tuple[type[Options], ...] = (WidgetOptions, FindOptions, CompareOptions)
    options = {name: option for kind in kinds for name, option in options_of(kind).items()}
    if name not in options:
        return "the batches to train on."
    sentence = options[name].words.partition(". ")[0].rstrip(".")
    return f"{sentence[0].lower()}{sentence[1:]}."

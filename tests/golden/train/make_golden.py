# SPDX-License-Identifier: MIT
"""Writes losses.safetensors and optimizers.safetensors beside itself, from PyTorch.

    python3 tests/golden/train/make_golden.py

Made with Python 3.11, torch 2.13.0 (CPU), safetensors 0.8.0. Rerunning gives the same bytes. All F64 but labels (I64).

losses.safetensors      12 samples. <name>.loss [1] and <name>.grad, of the outputs' shape, for
  cross_entropy.<plain|smooth|weighted|both>   logits [12,4], label [12] (-100: ignored), class_weights [4]; smoothing 0.1
  mse, huber<0.5|1|3>                          outputs [12,3], targets [12,3] (NaN: missing, left out before PyTorch sees it)
  bce.<plain|weighted>                         outputs, binary [12,3] (soft targets and NaN as well), pos_weight [3]
  ordinal, ordinal.score                       outputs as 3 cumulative logits; score [12,1] with thresholds [3], whose
                                               gradient is ordinal.thresholds_grad; level [12] 0...3 (-100: ignored)
optimizers.safetensors  start [6], gradients [50,6]; <name> [50,6]: the weights after each step, learning rate 0.05, for sgd,
  sgd.momentum, sgd.nesterov, sgd.decay, adamw, sgd.cosine (momentum and nesterov, the learning rate by cosine),
  ema<0.9|0.99>: the average of adamw's weights. Factors of the learning rate [50]: cosine (10 of warm-up from 0.01, 40 in all,
  lowest 0.05), step (every 7, 0.5); plateau, plateau.cooldown [50]: after each of scores [50].
"""
import pathlib

import torch
from safetensors.torch import save_file
from torch.nn import functional as F
from torch.optim import lr_scheduler
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

HERE = pathlib.Path(__file__).parent
torch.set_default_dtype(torch.float64)
generator = torch.Generator().manual_seed(7)


def normal(*shape):
    return torch.randn(*shape, generator=generator)


def save(name, tensors):
    tensors = {key: value.detach().clone().contiguous() for key, value in tensors.items()}
    save_file(tensors, HERE / f"{name}.safetensors", metadata={"made_by": "make_golden.py"})


def losses():
    samples = 12
    out = {
        "logits": 3 * normal(samples, 4),
        "label": torch.randint(4, (samples,), generator=generator),
        "class_weights": torch.tensor([0.5, 2.0, 1.25, 0.75]),
        "outputs": 2 * normal(samples, 3),
        "targets": 2 * normal(samples, 3),
        "binary": torch.randint(2, (samples, 3), generator=generator).double(),
        "pos_weight": torch.tensor([0.5, 3.0, 1.5]),
        "score": 2 * normal(samples, 1),
        "thresholds": torch.tensor([-1.5, 0.25, 1.0]),
        "level": torch.randint(4, (samples,), generator=generator),
    }
    out["label"][[2, 7]] = -100
    out["level"][[0, 11]] = -100
    out["targets"][3, 1] = out["targets"][5, 0] = out["targets"][8] = torch.nan
    out["binary"][1, 2] = 0.3
    out["binary"][6, 0] = out["binary"][9, 2] = torch.nan

    def add(name, of, loss, **more):
        leaves = {key: out[key].clone().requires_grad_() for key in (of, *more.values())}
        value = loss(*leaves.values())
        value.backward()
        out[f"{name}.loss"] = value.reshape(1)
        out[f"{name}.grad"] = leaves[of].grad
        for key, source in more.items():
            out[f"{name}.{key}_grad"] = leaves[source].grad

    for name, weighted, smoothing in (("plain", 0, 0), ("smooth", 0, 0.1), ("weighted", 1, 0), ("both", 1, 0.1)):
        add(f"cross_entropy.{name}", "logits", lambda x: F.cross_entropy(
            x, out["label"], weight=out["class_weights"] if weighted else None, label_smoothing=smoothing))
    there = ~out["targets"].isnan()
    add("mse", "outputs", lambda x: F.mse_loss(x[there], out["targets"][there]))
    for delta in ("0.5", "1", "3"):
        add(f"huber{delta}", "outputs",
            lambda x: F.huber_loss(x[there], out["targets"][there], delta=float(delta)))
    known = ~out["binary"].isnan()
    for name, weight in (("plain", None), ("weighted", out["pos_weight"].expand(samples, 3)[known])):
        add(f"bce.{name}", "outputs", lambda x: F.binary_cross_entropy_with_logits(
            x[known], out["binary"][known], pos_weight=weight))

    counted = out["level"] >= 0
    above = (out["level"][:, None] > torch.arange(3)).double()

    def ordinal(z):
        each = F.binary_cross_entropy_with_logits(z[counted], above[counted], reduction="none")
        return each.sum(1).mean()

    add("ordinal", "outputs", ordinal)
    add("ordinal.score", "score", lambda s, theta: ordinal(s - theta), thresholds="thresholds")
    save("losses", out)


def optimizers():
    steps = 50
    start, gradients = normal(6), normal(steps, 6)
    out = {"start": start, "gradients": gradients, "scores": torch.rand(steps, generator=generator) - 0.5}

    def run(name, make, schedule=None, averages=()):
        w = torch.nn.Parameter(start.clone())
        optimizer = make([w])
        scheduler = schedule and schedule(optimizer)
        model = torch.nn.ParameterList([w])
        averaged = {d: AveragedModel(model, multi_avg_fn=get_ema_multi_avg_fn(d)) for d in averages}
        taken = {key: [] for key in (name, *averages)}
        for g in gradients:
            w.grad = g.clone()
            optimizer.step()
            if scheduler:
                scheduler.step()
            taken[name].append(w.detach().clone())
            for d, average in averaged.items():
                average.update_parameters(model)
                taken[d].append(average.module[0].detach().clone())
        out[name] = torch.stack(taken[name])
        for d in averages:
            out[f"ema{d}"] = torch.stack(taken[d])

    def sgd(**options):
        return lambda w: torch.optim.SGD(w, lr=0.05, **options)

    def cosine(optimizer):
        base = optimizer.param_groups[0]["lr"]
        return lr_scheduler.SequentialLR(optimizer, [
            lr_scheduler.LinearLR(optimizer, start_factor=0.01, total_iters=10),
            lr_scheduler.CosineAnnealingLR(optimizer, T_max=30, eta_min=0.05 * base)], milestones=[10])

    run("sgd", sgd())
    run("sgd.momentum", sgd(momentum=0.9))
    run("sgd.nesterov", sgd(momentum=0.9, nesterov=True))
    run("sgd.decay", sgd(momentum=0.8, nesterov=True, weight_decay=0.1))
    run("adamw", lambda w: torch.optim.AdamW(w, lr=0.05, weight_decay=0.02), averages=(0.9, 0.99))
    out["sgd.cosine"] = None  # set below: PyTorch's cosine goes up again after its end, ours stays

    def factors(schedule, count, score=None):
        optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=1.0)
        scheduler = schedule(optimizer)
        taken = []
        for i in range(count):
            optimizer.step()
            if score is None:
                taken.append(optimizer.param_groups[0]["lr"])
                scheduler.step()
            else:
                scheduler.step(score[i])
                taken.append(optimizer.param_groups[0]["lr"])
        return torch.tensor(taken)

    rates = factors(cosine, 41)
    out["cosine"] = torch.cat([rates, rates[-1:].expand(steps - 41)])
    out["step"] = factors(lambda o: lr_scheduler.StepLR(o, 7, 0.5), steps)
    for name, cooldown in (("plateau", 0), ("plateau.cooldown", 3)):
        out[name] = factors(lambda o: lr_scheduler.ReduceLROnPlateau(
            o, mode="max", factor=0.5, patience=2, threshold=0.01, threshold_mode="abs", cooldown=cooldown,
            min_lr=0.002, eps=0), steps, out["scores"].tolist())
    run("sgd.cosine", sgd(momentum=0.9, nesterov=True),
        lambda o: lr_scheduler.LambdaLR(o, lambda i: out["cosine"][min(i, steps - 1)].item()))
    save("optimizers", out)


losses()
optimizers()

# SPDX-License-Identifier: MIT
"""Writes state_dicts of the study's network beside itself in the forms in which people keep them.

    python3 tests/golden/nn/make_state_dicts.py

Made with Python 3.11, torch 2.13.0 (CPU), safetensors 0.8.0, numpy 2.4; rerunning with these gives the same bytes.
Modalities A (2 x 20) and H (scalar), 2 classes, batch 5.

state_parametrised.safetensors  torch.nn.utils.parametrizations.weight_norm; in DataParallel around torch.compile's
                                wrapper: names begin with module._orig_mod.
state_removed.safetensors       weight norm removed; num_batches_tracked I32
state_f16.safetensors           float16 with weight_g and weight_v; the attribute `model` of another module, in
                                torch.compile's wrapper: _orig_mod.model.; without num_batches_tracked
state_bf16.safetensors          bfloat16, parametrised; num_batches_tracked of shape (1,)
state_expected.safetensors      input.A [5,2,20], input.H [5]; for each file <its name without state_>.log_probabilities
                                [5,2] and .importance [5,2], computed in float64 from the numbers as they are stored. F64.
"""
import pathlib

import torch
from safetensors.torch import save_file
from torch import nn

import study_network as study

HERE = pathlib.Path(__file__).parent
SHAPES = {"A": (2, 20), "H": (0, 0)}
CLASSES = 2
BATCH = 5


class Holder(nn.Module):
    def __init__(self, model):
        super().__init__()
        self.model = model


def network(norm):
    """The network with its convolutions normalised by `norm`."""
    usual = study.weight_norm
    study.weight_norm = norm
    try:
        return study.StudyNetwork(SHAPES, CLASSES)
    finally:
        study.weight_norm = usual


def classic():
    return network(study.weight_norm)


def parametrised():
    return network(nn.utils.parametrizations.weight_norm)


def plain():
    return network(lambda module: module)


def unsettle(module, generator):
    """Moves what PyTorch starts at a special value to where mistakes show."""
    with torch.no_grad():
        for name, parameter in module.named_parameters():
            if name.endswith(("weight_g", "original0")):
                parameter *= 1 + 0.3 * torch.randn(parameter.shape, generator=generator)
            elif parameter.dim() == 1:
                parameter += 0.2 * torch.randn(parameter.shape, generator=generator)
            elif name in ("Ql.1.weight", "Kl.1.weight"):
                parameter *= 12
        for name, buffer in module.named_buffers():
            if name.endswith("running_mean"):
                buffer += 0.5 * torch.randn(buffer.shape, generator=generator)
            elif name.endswith("running_var"):
                buffer *= torch.exp(0.5 * torch.randn(buffer.shape, generator=generator))
            elif name.endswith("num_batches_tracked"):
                buffer += 7
    return module


def remove_weight_norm(module):
    for part in module.modules():
        if hasattr(part, "weight_g"):
            nn.utils.remove_weight_norm(part)
    return module


def counts(state, change):
    """The state with `change` made of each count; none where it makes None."""
    changed = {name: change(value) if name.endswith("num_batches_tracked") else value for name, value in state.items()}
    return {name: value for name, value in changed.items() if value is not None}


def as_double(fresh, module):
    """The same network, its numbers as they are, computing in float64."""
    fresh = fresh.double()
    fresh.load_state_dict(module.state_dict())
    return fresh.eval()


def main():
    torch.set_num_threads(1)
    generator = torch.Generator().manual_seed(4)
    torch.manual_seed(4)
    networks = {
        "parametrised": (parametrised(), parametrised),
        "removed": (remove_weight_norm(unsettle(classic(), generator)), plain),
        "f16": (classic(), classic),
        "bf16": (parametrised(), parametrised),
    }
    for name, (module, _) in networks.items():
        if name != "removed":
            unsettle(module, generator)
    networks["f16"][0].half()
    networks["bf16"][0].bfloat16()
    states = {
        "parametrised": nn.DataParallel(torch.compile(networks["parametrised"][0])).state_dict(),
        "removed": counts(networks["removed"][0].state_dict(), lambda n: n.int()),
        "f16": counts(torch.compile(Holder(networks["f16"][0])).state_dict(), lambda n: None),
        "bf16": counts(networks["bf16"][0].state_dict(), lambda n: n.reshape(1)),
    }
    inputs = {"A": torch.randn(BATCH, 2, 20, generator=generator).double(),
              "H": (70 + 8 * torch.randn(BATCH, generator=generator)).double()}
    expected = {"input." + name: x for name, x in inputs.items()}
    for name, (module, fresh) in networks.items():
        state = {key: value.detach().clone().contiguous() for key, value in states[name].items()}
        save_file(state, HERE / f"state_{name}.safetensors", metadata={"format": "pt"})
        with torch.no_grad():
            log_p, importance = as_double(fresh(), module)(inputs)
        expected |= {name + ".log_probabilities": log_p, name + ".importance": importance}
        print(name, sorted(state)[0], log_p[0].tolist(), importance[0].tolist())
    save_file({name: value.contiguous() for name, value in expected.items()},
              HERE / "state_expected.safetensors", metadata={"made_by": "make_state_dicts.py"})


if __name__ == "__main__":
    main()

# SPDX-License-Identifier: MIT
"""Writes the golden vectors of the network tests beside itself, from PyTorch and mpmath.

    python3 tests/golden/nn/make_golden.py

Made with Python 3.11, torch 2.13.0 (CPU), safetensors 0.8.0, numpy 2.4, mpmath 1.3.0. Rerunning with these
gives the same bytes; other versions draw other numbers, so commit all five files together.

Every starting value (input, parameter, running statistic, logit) is representable in float32: parameters are
stored as F32, the rest as F64, and both a float and a double network start from exactly the same point.
Results are computed in float64 and stored as F64; names beginning with `float32.` come from the same run in
float32, to show how far rounding carries. Labels and num_batches_tracked are I64.

encoder.safetensors     the 3-channel encoder. input [6,3,40], <parameter> (Encoder.network.…), output [6,32],
                        upstream [6,32] (gradient arriving at output), grad.<parameter>. Sample 0 peaks at time 0
                        (the left edge), sample 4 is constant, sample 5 all zero.
network.safetensors     modalities A (3 x 40), B (1 x 64), H (scalar), C (1 x 17: shorter than the receptive field
                        of 29), in this order; 3 classes, batch 6. input.<modality>, label [6], the whole state
                        <name>. train.{log_probabilities,importance,loss}, grad.<parameter> of that loss (not
                        clipped), after.<running statistic> once that forward is done;
                        eval.{log_probabilities,importance,loss} of the state as stored.
focal_loss.safetensors  logits [n,4], log_probabilities, label (-100: ignored), alpha [4]; per gamma in 0 0.5 1 2 5
                        gamma<g>.{loss,grad} without and gamma<g>.alpha.{loss,grad} with alpha; grad is with respect
                        to the logits. Computed with 200 digits, so rows with p -> 1 are right as well.
                        all_ignored.{label,loss,grad}: a batch without a label that counts.
adamw.safetensors       three full-batch training steps from network.safetensors: loss [3] (before each step),
                        norm [3] (of the gradient before clipping to 0.9), <name>: the state after the third.
losses20.safetensors    loss [20] and float32.loss [20] of twenty such steps, float32 stored as F32.

The biases HILNet.Encoder.0.bias and .3.bias stand right before a batch norm, so their exact gradient is zero and
what is stored is rounding noise. AdamW magnifies such noise (it divides by its size, down to eps): compare these
two after a step in float64 at most, with a tolerance that is absolute.
"""
import pathlib

import mpmath
import torch
from safetensors.torch import save_file

import study_network as study

HERE = pathlib.Path(__file__).parent
SHAPES = {"A": (3, 40), "B": (1, 64), "H": (0, 0), "C": (1, 17)}
CLASSES = 3
BATCH = 6
GAMMAS = [0, 0.5, 1, 2, 5]


def save(name, tensors):
    tensors = {key: value.detach().clone().contiguous() for key, value in tensors.items()}
    save_file(tensors, HERE / f"{name}.safetensors", metadata={"made_by": "make_golden.py"})


def as_stored(state):
    return {name: value.float() if value.is_floating_point() else value for name, value in state.items()}


def normal(generator, *shape):
    return torch.randn(*shape, generator=generator).double()  # drawn in float32 on purpose


def new_encoder(channels):
    instance = study.Instance(channels, CLASSES)
    del instance.Vl  # leaves the names Encoder.…
    return instance.double()


def new_network():
    return study.StudyNetwork(SHAPES, CLASSES).double()


def duplicate(module, fresh):
    # Not copy.deepcopy, which PyTorch refuses for weight-normalised modules.
    fresh.load_state_dict(module.state_dict())
    return fresh


def unsettle(module, generator):
    """Moves what PyTorch starts at a special value (g = ‖v‖, batch norm's 1 and 0) to where mistakes show."""
    with torch.no_grad():
        for name, parameter in module.named_parameters():
            if name.endswith("weight_g"):
                parameter *= 1 + 0.3 * normal(generator, *parameter.shape)
            elif parameter.dim() == 1:
                parameter += 0.2 * normal(generator, *parameter.shape)
            elif name in ("Ql.1.weight", "Kl.1.weight"):
                parameter *= 12  # sharpens the attention, nearly uniform otherwise
            elif name.endswith("Vl.1.weight"):
                parameter *= 3  # steepens the loss enough for clipping to act
        for name, buffer in module.named_buffers():
            if name.endswith("running_mean"):
                buffer += 0.5 * normal(generator, *buffer.shape)
            elif name.endswith("running_var"):
                buffer *= torch.exp(0.5 * normal(generator, *buffer.shape))
            elif name.endswith("num_batches_tracked"):
                buffer += 3
    module.load_state_dict(as_stored(module.state_dict()))  # rounds to float32


def gradients(module):
    return {"grad." + name: parameter.grad for name, parameter in module.named_parameters()}


def make_encoder(name, channels):
    generator = torch.Generator().manual_seed(1)
    torch.manual_seed(1)
    encoder = new_encoder(channels)
    unsettle(encoder, generator)
    x = normal(generator, BATCH, channels, 40)
    x[0, :, 0] = 8
    x[4] = torch.tensor([0.5, -1.25, 2.0, 1.0, -0.75, 0.25, -2.0, 1.5], dtype=torch.float64)[:channels, None]
    x[5] = 0
    upstream = normal(generator, BATCH, study.KEY)
    output = encoder.Encoder(x)
    output.backward(upstream)
    single = duplicate(encoder, new_encoder(channels)).float().Encoder(x.float())
    save(name, {"input": x, "output": output, "upstream": upstream, "float32.output": single,
                **as_stored(encoder.state_dict()), **gradients(encoder)})
    print(name + ": float32 is off by", (single - output).abs().max().item())


def make_network():
    """Returns the network at its starting point, the inputs and the labels."""
    generator = torch.Generator().manual_seed(2)
    torch.manual_seed(2)
    network = new_network()
    unsettle(network, generator)
    inputs = {name: normal(generator, BATCH, channels, length) if channels else
              (70 + 8 * normal(generator, BATCH)).float().double()
              for name, (channels, length) in SHAPES.items()}
    labels = torch.tensor([0, 2, 1, 1, 0, 2])
    start = duplicate(network, new_network())

    network.eval()
    log_p, importance = network(inputs)
    tensors = {"eval.log_probabilities": log_p, "eval.importance": importance,
               "eval.loss": study.focal_loss(log_p, labels)}
    network.train()
    log_p, importance = network(inputs)
    loss = study.focal_loss(log_p, labels)
    loss.backward()
    single, _ = duplicate(start, new_network()).float()({name: x.float() for name, x in inputs.items()})
    tensors |= {"train.log_probabilities": log_p, "train.importance": importance, "train.loss": loss,
                "float32.train.log_probabilities": single, "label": labels}
    tensors |= {"input." + name: x for name, x in inputs.items()}
    tensors |= {"after." + name: value for name, value in network.named_buffers()}
    save("network", tensors | as_stored(start.state_dict()) | gradients(network))

    torch.testing.assert_close(loss, torch.nn.functional.nll_loss(log_p, labels))
    assert all(p.grad.abs().max() > 1e-9 for name, p in network.named_parameters()
               if name not in ("HILNet.Encoder.0.bias", "HILNet.Encoder.3.bias"))
    print("network: loss", loss.item(), "importance from", importance.min().item(), "to", importance.max().item(),
          "float32 is off by", (single - log_p).abs().max().item())
    return start, inputs, labels


def exact_focal_loss(logits, labels, gamma, alpha):
    """The loss and its gradient with respect to the logits, from the formula in 200 digits."""
    kept = [i for i, label in enumerate(labels.tolist()) if label != study.IGNORE]
    gradient = torch.zeros_like(logits)
    total = mpmath.mpf(0)
    gamma = mpmath.mpf(gamma)
    for i in kept:
        z = [mpmath.mpf(value) for value in logits[i].tolist()]
        y = labels[i].item()
        a = mpmath.mpf(alpha[y].item() if alpha is not None else 1)
        normaliser = mpmath.fsum(mpmath.exp(value) for value in z)
        p = [mpmath.exp(value) / normaliser for value in z]
        log_p, rest = mpmath.log(p[y]), 1 - p[y]
        total -= a * rest**gamma * log_p
        by_log_p = -a * (rest**gamma - gamma * rest ** (gamma - 1) * p[y] * log_p)
        for j in range(len(z)):
            gradient[i, j] = float(by_log_p * ((j == y) - p[j]) / len(kept))
    return torch.tensor(float(total / len(kept)) if kept else 0.0, dtype=torch.float64), gradient


def make_focal_loss():
    mpmath.mp.dps = 200
    generator = torch.Generator().manual_seed(3)
    logits = torch.cat([2 * normal(generator, 8, 4), torch.tensor(
        [[80, -80, -80, -80],    # p = 1 to the last bit, in either precision
         [-80, 80, -80, 80],     # a tie of two
         [80, -80, 0, 0],        # p of the label = e^-160
         [0, 0, 30, 0],          # 1 - p = 3e-13
         [0, 0, 0, 0],
         [80, 80, 80, -80]], dtype=torch.float64)])  # ignored
    labels = torch.tensor([0, 1, 2, 3, -100, 1, 0, -100, 0, 1, 1, 2, 3, -100])
    alpha = torch.tensor([0.25, 1.0, 2.5, 0.625], dtype=torch.float64)
    tensors = {"logits": logits, "label": labels, "alpha": alpha,
               "log_probabilities": torch.log_softmax(logits, dim=1)}
    for gamma in GAMMAS:
        for suffix, weights in (("", None), (".alpha", alpha)):
            loss, gradient = exact_focal_loss(logits, labels, gamma, weights)
            tensors |= {f"gamma{gamma}{suffix}.loss": loss, f"gamma{gamma}{suffix}.grad": gradient}
            z = logits.clone().requires_grad_()
            autograd = study.focal_loss(torch.log_softmax(z, dim=1), labels, gamma, weights)
            autograd.backward()
            torch.testing.assert_close(autograd, loss)
            tame = torch.isfinite(z.grad)  # autograd fails where p rounds to 1 and gamma < 1
            assert tame.all() or gamma == 0.5
            torch.testing.assert_close(z.grad[tame], gradient[tame])
    nobody = torch.full_like(labels, study.IGNORE)
    loss, gradient = exact_focal_loss(logits, nobody, 2, None)
    assert study.focal_loss(logits, nobody, 2.0) == 0
    save("focal_loss", tensors | {"all_ignored.label": nobody, "all_ignored.loss": loss, "all_ignored.grad": gradient})


def train(network, inputs, labels, steps):
    network.train()
    optimizer = study.study_optimizer(network)
    losses, norms = zip(*(study.training_step(network, optimizer, inputs, labels) for _ in range(steps)))
    return torch.stack(losses), torch.stack(norms)


def make_training(start, inputs, labels):
    network = duplicate(start, new_network())
    losses, norms = train(network, inputs, labels, 3)
    save("adamw", {"loss": losses, "norm": norms, **network.state_dict()})
    print("adamw: losses", losses.tolist(), "norms", norms.tolist())

    double, norms = train(duplicate(start, new_network()), inputs, labels, 20)
    single, _ = train(duplicate(start, new_network()).float(), {name: x.float() for name, x in inputs.items()}, labels, 20)
    save("losses20", {"loss": double, "float32.loss": single})
    print("losses20:", double.tolist(), "\nnorms", norms.tolist(),
          "\nfloat32 is off by", (single - double).abs().max().item())


def main():
    torch.set_num_threads(1)
    parameters = study.StudyNetwork(study.STUDY_SHAPES, 4).parameters()
    assert sum(p.numel() for p in parameters) == study.STUDY_PARAMETERS
    make_encoder("encoder", 3)
    make_encoder("encoder8", 8)  # as many as the first block gives: its shortcut is the input itself
    start, inputs, labels = make_network()
    make_focal_loss()
    make_training(start, inputs, labels)


if __name__ == "__main__":
    main()

# SPDX-License-Identifier: MIT
"""Writes pools.safetensors: attention pools over bags of vectors as PyTorch evaluates and differentiates them, in float64.

    python3 make_pools.py            # torch 2.13.0, safetensors 0.8.0, numpy 2.4.6

Bags of two kinds, "v" of 3 numbers (0 to 4 a bag) and "s" of one (not in every bag), keys tanh(W x + b) of length 5, three
classes, labels, and the mean negative log-likelihood. For each pool P: P.weight.<tensor>, P.log_probabilities [6, 3], P.weights
[instances] bag by bag and in each kind by kind, P.loss [1], P.grad.<tensor>.
"""
import numpy as np
import torch
from safetensors.numpy import save_file
from torch import nn
from torch.nn.functional import log_softmax, nll_loss

KEY, CLASSES = 5, 3
VECTORS = [2, 0, 3, 4, 1, 2]  # a bag
SCALARS = [1, 1, 0, 1, 1, 0]
LABELS = torch.tensor([0, 1, 2, 0, 2, 1])


class Attention(nn.Module):
    def __init__(self):
        super().__init__()
        self.V, self.w = nn.Linear(KEY, KEY), nn.Linear(KEY, 1)

    def forward(self, h):
        return self.w(torch.tanh(self.V(h)))[:, 0]

    names = {"V": "Al.0", "w": "Al.2"}


class Gated(nn.Module):
    def __init__(self):
        super().__init__()
        self.V, self.U, self.w = nn.Linear(KEY, KEY), nn.Linear(KEY, KEY), nn.Linear(KEY, 1)

    def forward(self, h):
        return self.w(torch.tanh(self.V(h)) * torch.sigmoid(self.U(h)))[:, 0]

    names = {"V": "Al.0.left.0", "U": "Al.0.right.0", "w": "Al.1"}


class Self(nn.Module):
    def __init__(self):
        super().__init__()
        self.K, self.Q = nn.Linear(KEY, 1), nn.Linear(KEY, 2)

    def forward(self, h, kinds):
        k, q = torch.sigmoid(self.K(leaky(h))), torch.sigmoid(self.Q(leaky(h)))
        return (q.T @ k)[:, 0][kinds] / len(h)

    names = {"K": "Kl.1", "Q": "Ql.1"}


def leaky(x):
    return nn.functional.leaky_relu(x, 0.01)


POOLS = {"self": Self, "attention": Attention, "gated": Gated, "mean": None, "max": None, "log_sum_exp": None,
         "conjunctive": Gated, "additive": Gated, "embedding_attention": Attention, "embedding_gated": Gated}


class Network(nn.Module):
    def __init__(self, pool):
        super().__init__()
        self.pool = pool
        self.encoders = nn.ModuleList([nn.Linear(3, KEY), nn.Linear(1, KEY)])
        self.after = pool.startswith("embedding")
        self.values = nn.ModuleList([nn.Linear(KEY, CLASSES) for _ in range(1 if self.after else 2)])
        self.score = POOLS[pool]() if POOLS[pool] else None

    def value(self, kind, h):
        return log_softmax(self.values[0 if self.after else kind](leaky(h)), -1)

    def bag(self, vectors, scalars):
        h = torch.cat([torch.tanh(self.encoders[0](vectors)), torch.tanh(self.encoders[1](scalars))])
        kinds = torch.tensor([0] * len(vectors) + [1] * len(scalars))
        v = lambda keys: torch.stack([self.value(int(k), key) for k, key in zip(kinds, keys)])
        n = len(h)
        if self.pool == "mean":
            return log_softmax(v(h).mean(0), -1), torch.full((n,), 1 / n)
        if self.pool == "max":
            out, best = v(h).max(0)
            return log_softmax(out, -1), torch.bincount(best, minlength=n) / CLASSES
        if self.pool == "log_sum_exp":
            values = v(h)
            return log_softmax(torch.logsumexp(values, 0) - np.log(n), -1), torch.softmax(values, 0).mean(1)
        scores = self.score(h, kinds) if self.pool == "self" else self.score(h)
        if self.pool == "conjunctive":
            a = torch.sigmoid(scores)
            return log_softmax((a[:, None] * v(h)).mean(0), -1), a / a.sum()
        a = torch.softmax(scores, 0)
        if self.after:
            return self.value(0, (a[:, None] * h).sum(0)), a
        if self.pool == "additive":
            return log_softmax(v(a[:, None] * h).sum(0), -1), a
        return log_softmax((a[:, None] * v(h)).sum(0), -1), a

    def tensors(self):
        """Ours by their names."""
        named = {"vILNet.Encoder.0": self.encoders[0], "sILNet.Encoder.0": self.encoders[1]}
        if self.after:
            named["Vl.1"] = self.values[0]
        else:
            named |= {"vILNet.Vl.1": self.values[0], "sILNet.Vl.1": self.values[1]}
        if self.score:
            named |= {name: getattr(self.score, ours) for ours, name in self.score.names.items()}
        return {f"{name}.{part}": getattr(layer, part) for name, layer in named.items() for part in ("weight", "bias")}


def main():
    torch.set_default_dtype(torch.float64)
    torch.manual_seed(3)
    vectors, scalars = torch.randn(sum(VECTORS), 3), torch.randn(sum(SCALARS), 1)
    out = {"vectors": vectors, "scalars": scalars}
    for pool in POOLS:
        net = Network(pool)
        v, s = vectors.split(VECTORS), scalars.split(SCALARS)
        bags = [net.bag(a, b) for a, b in zip(v, s)]
        log_probabilities = torch.stack([bag[0] for bag in bags])
        loss = nll_loss(log_probabilities, LABELS)
        loss.backward()
        out |= {f"{pool}.log_probabilities": log_probabilities, f"{pool}.weights": torch.cat([bag[1] for bag in bags]),
                f"{pool}.loss": loss[None]}
        for name, tensor in net.tensors().items():
            out[f"{pool}.weight.{name}"] = tensor
            out[f"{pool}.grad.{name}"] = tensor.grad
    save_file({name: tensor.detach().numpy().astype(np.float64).copy() for name, tensor in out.items()},
              "pools.safetensors")


if __name__ == "__main__":
    main()

# Makes the files of this folder: arrays and tensors as numpy 2.4.6 and safetensors 0.8.0 write them (Python 3.11).
# usage: python make.py
import pathlib

import numpy as np
from safetensors.numpy import save_file

here = pathlib.Path(__file__).parent
counting = np.arange(24).reshape(2, 3, 4)

np.save(here / "f4.npy", (counting[0] / 8).astype("<f4"))
np.save(here / "f8_fortran.npy", np.asfortranarray(counting / 8))
np.save(here / "i8.npy", np.array([-(2**53) - 1, 0, 2**62 + 1]))
np.save(here / "i4_scalar.npy", np.array(-7, "<i4"))
np.save(here / "u1.npy", np.array([[0, 255]], "u1"))
np.save(here / "b1.npy", np.array([True, False, True]))
np.save(here / "empty.npy", np.zeros((0, 3), "<f4"))
np.save(here / "f2.npy", np.ones(3, "<f2"))
np.save(here / "big_endian.npy", np.ones(3, ">f4"))
np.save(here / "big_f8_fortran.npy", np.asfortranarray(0.1 * np.arange(6).reshape(2, 3).astype(">f8")).astype(">f8"))
np.save(here / "big_i8.npy", np.array([-(2**53) - 1, 0, 2**62 + 1], ">i8"))
np.save(here / "big_u2.npy", np.array([0, 1, 258, 65535], ">u2"))
np.save(here / "big_f2.npy", np.array([0.5, -2, 65504], ">f2"))
halves = np.arange(0, 65536, 97, dtype="u2").view("<f2")
np.save(here / "f2_all.npy", halves)
np.save(here / "f2_as_f8.npy", halves.astype("<f8"))
np.save(here / "c8.npy", np.ones(3, "<c8"))
np.save(here / "structured.npy", np.zeros(2, [("a", "<f4"), ("b", "<i4")]))
with open(here / "version2.npy", "wb") as file:
    np.lib.format.write_array(file, counting[0].astype("<i4"), version=(2, 0))

save_file(
    {
        "weight": (counting / 8).astype("f4"),
        "bias": np.array([0.5, -0.25]),
        "num_batches_tracked": np.array(150, "i8"),
        "index": np.array([[1], [-2]], "i4"),
        "present": np.array([1, 0, 1], "u1"),
        "nothing": np.zeros((0, 4), "f4"),
    },
    here / "tensors.safetensors",
    metadata={"format": "pt", "quoted": 'a "b" \\ ü'},
)
save_file({"fine": np.ones(2, "f4"), "half": np.ones(3, "f2")}, here / "half.safetensors")

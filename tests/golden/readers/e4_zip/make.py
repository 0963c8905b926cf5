# SPDX-License-Identifier: MIT
"""Makes export.zip, a wristband's export as it is downloaded (deflated, files in a folder), and stored.zip (not packed),
with Python's zipfile. Run in this folder. Two minutes from 1644227580 on; made with Python 3.11."""
import io
import zipfile

START, SECONDS = 1644227580, 120
FILES = {"ACC": (32, 3), "BVP": (64, 1), "EDA": (4, 1), "TEMP": (4, 1), "HR": (1, 1)}


def text(rate, columns, start):
    def line(value):
        return ",".join([str(value)] * columns) + "\n"
    return line(float(start)) + line(float(rate)) + "".join(line(i % 50) for i in range(rate * SECONDS))


def write(path, method, folder):
    with zipfile.ZipFile(path, "w", method) as archive:
        for name, (rate, columns) in FILES.items():
            entry = zipfile.ZipInfo(f"{folder}{name}.csv", (2022, 2, 7, 10, 0, 0))
            archive.writestr(entry, text(rate, columns, START), method, 9)
            archive.writestr(zipfile.ZipInfo(f"__MACOSX/{folder}._{name}.csv", (2022, 2, 7, 10, 0, 0)), "junk")
        archive.writestr(zipfile.ZipInfo(f"{folder}tags.csv", (2022, 2, 7, 10, 0, 0)), "")
        archive.comment = b"exported"


write("export.zip", zipfile.ZIP_DEFLATED, "1644227580_A00204/")
small = zipfile.ZipInfo("TEMP.csv", (2022, 2, 7, 10, 0, 0))
with zipfile.ZipFile("stored.zip", "w") as archive:
    archive.writestr(small, "1644227580.0\n4.0\n31.5\n31.25\n")

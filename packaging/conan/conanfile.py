# SPDX-License-Identifier: MIT
"""conan create packaging/conan       (from the repository's root; Conan 2)"""

import os
import re

from conan import ConanFile
from conan.tools.build import check_min_cppstd
from conan.tools.files import copy, load
from conan.tools.layout import basic_layout


class Lifelog(ConanFile):
    name = "lifelog"
    description = "Which sensors inform, for whom: multiple instance learning on lifelogs, header-only"
    license = "MIT"
    package_type = "header-library"
    settings = "os", "arch", "compiler", "build_type"
    options = {"xtensor": [True, False]}
    default_options = {"xtensor": True}
    no_copy_source = True

    @property
    def _root(self):
        return os.path.join(self.recipe_folder, "..", "..")

    def set_version(self):
        text = load(self, os.path.join(self._root, "meson.build"))
        self.version = re.search(r"version: '([0-9.]+)'", text)[1]

    def export_sources(self):
        copy(self, "include/lifelog/*", self._root, self.export_sources_folder)
        copy(self, "LICENSE", self._root, self.export_sources_folder)

    def layout(self):
        basic_layout(self)

    def validate(self):
        check_min_cppstd(self, 20)

    def requirements(self):
        self.requires("eigen/[>=3.4 <6]", transitive_headers=True)
        if self.options.xtensor:
            self.requires("xtensor/[>=0.24 <1]", transitive_headers=True)
            self.requires("nlohmann_json/[>=3.11 <4]", transitive_headers=True)

    def package_id(self):
        self.info.clear()

    def package(self):
        copy(self, "LICENSE", self.source_folder, os.path.join(self.package_folder, "licenses"))
        copy(self, "*.hpp", os.path.join(self.source_folder, "include"), os.path.join(self.package_folder, "include"))

    def package_info(self):
        self.cpp_info.bindirs = []
        self.cpp_info.libdirs = []
        self.cpp_info.set_property("cmake_target_name", "lifelog::lifelog")
        self.cpp_info.set_property("pkg_config_name", "lifelog")

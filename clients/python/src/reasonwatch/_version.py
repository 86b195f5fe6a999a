# SPDX-License-Identifier: Apache-2.0
"""The version of the package, which is the daemon's."""
VERSION = "0.2.0"

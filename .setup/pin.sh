#!/bin/sh
# Write requirements.txt and requirements-dev.txt anew from pyproject.toml: every package pinned, every file of
# every release hashed, so that one set serves every Python and every machine. Asks the package
# index. Run it with the oldest Python that the project serves: a newer one may choose what that cannot install.
set -eu
cd "$(dirname "$0")/.."
pins=.cache/pins
"${PYTHON:-python3}" -m venv --clear "$pins"
"$pins/bin/pip" install --quiet --disable-pip-version-check "pip-tools==7.6.2"

compile() {
    # No options: where this machine finds packages is nobody else's business.
    CUSTOM_COMPILE_COMMAND="make pins" "$pins/bin/pip-compile" --quiet --generate-hashes --strip-extras --allow-unsafe \
        --build-deps-for=editable --no-annotate --no-emit-options "$@" pyproject.toml
}
compile --upgrade --extra dev --output-file requirements-dev.txt
compile --upgrade --constraint requirements-dev.txt --output-file requirements.txt
rm -rf carrier_guides.egg-info "$pins"

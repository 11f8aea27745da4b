# Each recipe is one plain command; README prints them for machines without make.
.PHONY: demo test check bench docs

demo: .venv/ready
	.venv/bin/mlcli demo

test: .venv/ready-to-test
	.venv/bin/python -m pytest -n auto

check: .venv/ready-to-test
	.venv/bin/python tests/check.py

bench: .venv/ready-to-test
	.venv/bin/python benchmarks/run.py

docs: .venv/ready
	.venv/bin/python docs/generate.py

.venv/ready: pyproject.toml constraints.txt
	python3 -m venv .venv && .venv/bin/pip install -c constraints.txt -e . && touch .venv/ready

.venv/ready-to-test: .venv/ready
	.venv/bin/pip install -c constraints.txt -e '.[test]' && touch .venv/ready-to-test

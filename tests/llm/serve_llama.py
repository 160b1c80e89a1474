#!/usr/bin/env python3
"""Serves a GGUF file by llama.cpp's own OpenAI-compatible server on a free port of 127.0.0.1.

    serve_llama.py MODEL.gguf KEY

Prints the address, then serves until it is killed.
"""
import sys
import time

import xllamacpp

SLOTS = 4
PER_SLOT = 65536

parameters = xllamacpp.CommonParams()
parameters.model.path = sys.argv[1]
parameters.api_keys = [sys.argv[2]]
parameters.port = 0
parameters.n_parallel = SLOTS
parameters.n_ctx = SLOTS * PER_SLOT
parameters.n_predict = 2048
parameters.n_gpu_layers = 0
parameters.offline = True
parameters.use_jinja = True
parameters.warmup = False
parameters.fit_params = False
parameters.cpuparams.n_threads = 1
parameters.cpuparams_batch.n_threads = 1
server = xllamacpp.Server(parameters)
print(server.listening_address, flush=True)
while True:
    time.sleep(60)

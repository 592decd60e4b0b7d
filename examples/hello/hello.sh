#!/bin/sh
# Run it on your computer and in the sandbox, and compare.
echo "Hello from $(hostname), which runs $(uname -sr) and sees $(pwd)."

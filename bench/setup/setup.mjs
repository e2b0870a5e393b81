/**
 * Brings a fresh clone to where it can run: system packages for native code where they may be installed, npm
 * packages, the build. Plain JavaScript, because nothing is installed yet when it starts. Every step looks first
 * and does nothing where nothing is to be done.
 */
import { spawn, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..')
const NODE_MAJOR_MIN = 20
/** What llvm-bindings is built with, and the library that optimises its output. */
const debianPackages = ['llvm-14-dev', 'cmake', 'g++', 'make', 'zlib1g-dev']
const stateFile = join(root, 'node_modules', '.millrace-setup.json')

const say = text => process.stderr.write(`${text}\n`)
const quiet = (command, args, options = {}) =>
  spawnSync(command, args, { cwd: root, encoding: 'utf8', ...options })
const succeeds = (command, args) => quiet(command, args).status === 0

/** Runs a command; on a terminal a line below counts the seconds, elsewhere the command's name must do. */
function run(title, command, args, env = process.env) {
  return new Promise((resolve, reject) => {
    const started = Date.now()
    const output = []
    const child = spawn(command, args, { cwd: root, env, stdio: ['ignore', 'pipe', 'pipe'] })
    const seconds = () => `${Math.round((Date.now() - started) / 1000)} s`
    const ticker = process.stderr.isTTY
      ? setInterval(() => process.stderr.write(`\r  ${title} ... ${seconds()} `), 1000)
      : undefined
    if (!ticker) say(`  ${title} ...`)
    for (const stream of [child.stdout, child.stderr]) stream.on('data', chunk => output.push(chunk))
    const finish = error => {
      clearInterval(ticker)
      if (ticker) process.stderr.write('\r\u001b[K')
      if (!error) return resolve(say(`  ${title}: done in ${seconds()}`))
      say(Buffer.concat(output).toString())
      reject(error)
    }
    child.on('error', finish)
    child.on('close', code =>
      finish(code === 0 ? undefined : new Error(`${command} ${args[0]} ended with ${code}`)),
    )
  })
}

function checkNode() {
  const major = Number(process.versions.node.split('.')[0])
  if (major >= NODE_MAJOR_MIN) return
  say(
    `millrace needs Node ${NODE_MAJOR_MIN} or newer; this is ${process.versions.node}. Install a newer Node and run the command again.`,
  )
  process.exit(1)
}

const hasToolchain = () =>
  existsSync('/usr/lib/llvm-14/include/llvm-c/Core.h') &&
  ['cmake', 'g++', 'make'].every(tool => succeeds(tool, ['--version']))

/** Native code is optional: whatever is missing, the engine runs on its JavaScript tier. */
async function installToolchain() {
  if (process.env.MILLRACE_LLVM === 'off')
    return say('  LLVM is switched off (MILLRACE_LLVM=off): plans run on the JavaScript tier')
  if (process.platform !== 'linux' || process.arch !== 'x64') {
    return say(
      `  native code is made on Linux x64 only, this is ${process.platform} ${process.arch}: plans run on the JavaScript tier`,
    )
  }
  if (hasToolchain()) return
  const command = ['apt-get', 'install', '-y', '--no-install-recommends', ...debianPackages]
  const isRoot = process.getuid?.() === 0
  const prefix = isRoot ? [] : ['sudo', '-n']
  const mayInstall = succeeds('apt-get', ['--version']) && (isRoot || succeeds('sudo', ['-n', 'true']))
  if (!mayInstall) return adviseToolchain(command)
  try {
    const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
    const apt = args => [...prefix, ...args]
    const [update, ...updateArgs] = apt(['apt-get', 'update'])
    await run('reading the package lists of the system', update, updateArgs, env)
    const [install, ...installArgs] = apt(command)
    await run('installing LLVM 14 and a C++ compiler', install, installArgs, env)
  } catch {
    adviseToolchain(command)
  }
}

function adviseToolchain(command) {
  say('  LLVM 14 is not here and could not be installed: plans run on the JavaScript tier.')
  say(`  For native code run:  sudo ${command.join(' ')}  and then this command again.`)
}

/** Node's own headers lie beside its binary more often than not: no build has to download them then. */
function nodeHeaders() {
  const prefix = dirname(dirname(process.execPath))
  return existsSync(join(prefix, 'include', 'node', 'node_api.h')) ? prefix : undefined
}

async function installPackages() {
  const lock = createHash('sha256')
    .update(readFileSync(join(root, 'package-lock.json')))
    .digest('hex')
  const wanted = { lock, node: process.versions.modules, toolchain: hasToolchain() }
  if (existsSync(stateFile) && readFileSync(stateFile, 'utf8') === JSON.stringify(wanted)) return
  const prefix = nodeHeaders()
  const env = { ...process.env, ...(prefix && { npm_config_nodedir: prefix }) }
  const title = wanted.toolchain
    ? 'installing npm packages (llvm-bindings is compiled: about three minutes)'
    : 'installing npm packages'
  // Not `npm ci`: it refuses a lock file without the packages of other platforms, which not every registry has.
  await run(title, 'npm', ['install', '--no-save', '--no-audit', '--no-fund', '--loglevel=error'], env)
  writeFileSync(stateFile, JSON.stringify(wanted))
}

const build = () =>
  run('building', process.execPath, [
    join(root, 'node_modules', 'typescript', 'bin', 'tsc'),
    '-p',
    'tsconfig.json',
  ])

async function main() {
  checkNode()
  say('millrace: setting up')
  await installToolchain()
  await installPackages()
  await build()
}

main().catch(error => {
  say(`setup failed: ${error.message}`)
  process.exit(1)
})

# What this machine needs to run a guest. For guest.sh.

static_busybox() {
  local path
  path=$(type -P busybox) && ! head -c 8192 "$path" | grep -q ld-linux # an ELF interpreter is named at the start
}

# The Debian packages that are missing here, by the programs that are.
missing_packages() {
  local pair PATH=$PATH:/usr/sbin:/sbin
  for pair in qemu-system-x86_64:qemu-system-x86 cpio:cpio depmod:kmod xz:xz-utils zstd:zstd ip:iproute2 \
    rdma:iproute2 setpriv:util-linux dpkg-deb:dpkg ibv_rc_pingpong:ibverbs-utils; do
    type -P "${pair%:*}" >/dev/null || echo "${pair#*:}"
  done | sort -u
  static_busybox || echo busybox-static
  compgen -G '/etc/libibverbs.d/rxe.driver' >/dev/null || echo ibverbs-providers
}

install_packages() {
  local packages
  mapfile -t packages < <(missing_packages)
  ((${#packages[@]} == 0)) || "$parts/../../../cmake/install-packages.sh" "${packages[@]}" ||
    skip "cannot install packages (the reason is above)"
}

require_packages() {
  local packages
  [[ $(uname -m) == x86_64 ]] || skip "this is $(uname -m) (the guest is x86_64, and runs the programs of this machine)"
  mapfile -t packages < <(missing_packages)
  ((${#packages[@]} == 0)) ||
    skip "packages are missing: apt-get install --no-install-recommends ${packages[*]} (or guest.sh --install)"
}

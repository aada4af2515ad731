# The kernel of guests and its initramfs, made of a Debian kernel package and kept in a cache. For guest.sh.

# Loaded in this order, each after what it depends on. crc32 is what rxe computes its checksums with, and crc32c what the
# loaded modules may ask for: the guest's kernel cannot fetch a module by itself.
modules=(virtio_pci virtio_console 9p 9pnet_virtio overlay virtio_net crc32_generic crc32_pclmul crc32c_generic
  crc32c_intel ib_uverbs rdma_ucm rdma_rxe veth bridge sch_netem sch_tbf)

# Writes the kernel as it is before compression, which boots 3.5 s faster than when the guest has to unpack it. Where it
# lies in the file and how long it is says the boot protocol's header (setup_sects, payload_offset, payload_length).
unpack_kernel() { # VMLINUZ OUTPUT
  local start length tool
  start=$((($(od -An -tu1 -j $((0x1f1)) -N1 "$1") + 1) * 512 + $(od -An -tu4 -j $((0x248)) -N4 "$1")))
  length=$(($(od -An -tu4 -j $((0x24c)) -N4 "$1") - 4)) # the last 4 bytes are the size
  for tool in xz zstd; do
    head -c $((start + length)) "$1" | tail -c +$((start + 1)) | "$tool" -dc >"$2" 2>/dev/null && return
  done
  cp "$1" "$2"
}

pack_initramfs() { # KERNEL_TREE OUTPUT
  local tree=$1/initramfs version module file PATH=$PATH:/usr/sbin:/sbin
  version=$(ls "$1/lib/modules")
  mkdir -p "$tree"/{bin,dev,lower,modules,proc,root,sys,upper}
  cp "$(type -P busybox)" "$tree/bin/busybox"
  install -m 755 "$parts/init" "$tree/init"
  depmod -b "$1" "$version" || return
  for module in "${modules[@]}"; do
    modprobe -C /dev/null -d "$1" -S "$version" --show-depends "$module" || return
  done | awk '$1 == "insmod" && !seen[$2]++ { print $2 }' >"$1/order" || return
  while read -r file; do
    case $file in
      *.xz) xz -dc "$file" ;;
      *.zst) zstd -qdc "$file" ;;
      *) cat "$file" ;;
    esac >"$tree/modules/$(basename "$file" | sed 's/\.ko.*//')" || return
  done <"$1/order"
  sed 's,.*/,,; s/\.ko.*//' "$1/order" >"$tree/modules/order"
  (cd "$tree" && find . | cpio -o -H newc -R 0:0 --quiet) >"$2"
}

# Downloads Debian's kernel package into a folder, and names it in $package_file.
download_kernel() { # FOLDER
  local package
  package=$(apt-cache depends linux-image-amd64 2>/dev/null | sed -n 's/.*Depends: \(linux-image-[0-9].*\)/\1/p' | head -n 1)
  [[ $package ]] || skip "apt knows no kernel package: run apt-get update, or set GUEST_KERNEL_DEB"
  say "downloading $package (once)"
  (cd "$1" && apt-get download -qq "$package" 2>"$1/log") || skip "cannot download $package ($(tail -n 1 "$1/log"))"
  package_file=$(echo "$1"/*.deb)
}

# Makes vmlinux and initramfs in the folder $image, once for every state of the recipe. Images that were not used for a
# month are removed.
make_image() {
  local cache=${GUEST_CACHE:-${XDG_CACHE_HOME:-${HOME:-/nonexistent}/.cache}/treering/guest} work package_file lock
  image=$cache/image-$( (echo "${modules[@]} ${GUEST_KERNEL_DEB:-}" && cat "$parts"/{init,image.sh}) | cksum | tr ' ' -)
  [[ -e $image/initramfs ]] && { touch "$image" 2>/dev/null; return; }
  mkdir -p "$cache" 2>/dev/null && [[ -w $cache ]] || skip "cannot write to $cache: set GUEST_CACHE"
  exec {lock}>"$cache/lock" && flock "$lock"
  if [[ ! -e $image/initramfs ]]; then
    work=$(mktemp -d "$cache/work.XXXXXX") && at_exit+=("$work")
    chmod 755 "$work" # apt may change to another user to download
    package_file=${GUEST_KERNEL_DEB:-}
    [[ $package_file ]] || download_kernel "$work"
    dpkg-deb --fsys-tarfile "$package_file" | tar -x -C "$work" ./boot ./lib/modules &&
      unpack_kernel "$work"/boot/vmlinuz-* "$work/vmlinux" && pack_initramfs "$work" "$work/initramfs.cpio" ||
      fail 125 "cannot make a boot image from $package_file"
    mkdir -p "$image" && mv "$work/vmlinux" "$image/" && mv "$work/initramfs.cpio" "$image/initramfs"
    rm -rf "$work"
    find "$cache" -mindepth 1 -maxdepth 1 \( -name 'image-*' -mtime +30 -o -name 'work.*' \) -exec rm -rf {} +
  fi
  exec {lock}>&-
}

# Completion of treering-topo in bash. What it offers is what `treering-topo --help` lists: options, and the values of
# those that take one of several; otherwise files.

_treering_topo() {
  local word=${COMP_WORDS[COMP_CWORD]} option=${COMP_WORDS[COMP_CWORD - 1]} help words
  if [[ $word == "=" ]]; then
    word=
  elif [[ $option == "=" ]]; then
    option=${COMP_WORDS[COMP_CWORD - 2]}
  fi
  help=$("${COMP_WORDS[0]/#\~/$HOME}" --help 2>/dev/null) || return 0
  if [[ $word == -* ]]; then
    words=$(grep -oE '^ +-[^ ]+' <<<"$help" | tr ',' ' ')
  elif [[ $option == -* ]]; then
    words=$(sed -nE "s/^ +([^ ]*,)?$option[, ].* one of (.*)/\2/p" <<<"$help" | tr ',' ' ')
  fi
  mapfile -t COMPREPLY < <(compgen -W "$words" -- "$word")
}

complete -o bashdefault -o default -F _treering_topo treering-topo

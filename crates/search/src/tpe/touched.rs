//! The kernels that changed since they were last looked at, each named once however often it changed: a history that
//! is told without a question in between would otherwise pile up.

/// See the module.
#[derive(Clone, Debug, Default)]
pub(crate) struct Touched {
    slots: Vec<u32>,
    /// By slot, whether it is among them.
    known: Vec<bool>,
}

impl Touched {
    pub(crate) fn mark(&mut self, slot: u32) {
        let i = slot as usize;
        if self.known.len() <= i {
            self.known.resize(i + 1, false);
        }
        if !std::mem::replace(&mut self.known[i], true) {
            self.slots.push(slot);
        }
    }

    /// Empties it: what was in it, to be handed back with [`give_back`](Self::give_back) for its memory.
    pub(crate) fn take(&mut self) -> Vec<u32> {
        self.slots.iter().for_each(|slot| self.known[*slot as usize] = false);
        std::mem::take(&mut self.slots)
    }

    pub(crate) fn give_back(&mut self, mut slots: Vec<u32>) {
        slots.clear();
        self.slots = slots;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kernel_is_named_once() {
        let mut touched = Touched::default();
        for slot in [3, 1, 3, 3, 1] {
            touched.mark(slot);
        }
        assert_eq!(touched.take(), [3, 1]);
        touched.mark(3);
        assert_eq!(touched.take(), [3]);
    }
}

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset, random_split
import torch.nn.functional as F
class LightningModule(nn.Module):
    def __init__(self):
        super().__init__()
        self.hparams = {}
        self._logged = {}
    def save_hyperparameters(self, *args, **kw):
        pass
    def log(self, name, value, prog_bar=False, **kwargs):
        self._logged[name] = value
    def log_dict(self, d, **kw):
        for k, v in d.items():
            self.log(k, v)
    @property
    def device(self):
        return next(self.parameters()).device
class Lit(LightningModule):
    def __init__(self, encoder, decoder, lr=1e-3, num_classes=10):
        super().__init__()
        self.save_hyperparameters(ignore=["encoder"])
        self.encoder, self.decoder, self.lr = encoder, decoder, lr
        self.head = nn.Linear(3, num_classes)
    def forward(self, x):
        return self.encoder(x)
    def _shared_step(self, batch, batch_idx):
        x, y = batch
        x = x.view(x.size(0), -1)
        z = self(x)
        x_hat = self.decoder(z)
        loss = F.mse_loss(x_hat, x) + F.cross_entropy(self.head(z), y)
        acc = (self.head(z).argmax(dim=1) == y).float().mean()
        return {"loss": loss, "acc": acc}
    def training_step(self, batch, batch_idx):
        out = self._shared_step(batch, batch_idx)
        self.log_dict({f"train_{k}": v for k, v in out.items()}, prog_bar=True)
        return out["loss"]
    def validation_step(self, batch, batch_idx, dataloader_idx=0):
        self.log("val_loss", self._shared_step(batch, batch_idx)["loss"])
    def configure_optimizers(self):
        opt = torch.optim.Adam(self.parameters(), lr=self.lr)
        sch = torch.optim.lr_scheduler.StepLR(opt, 1)
        return [opt], [{"scheduler": sch, "interval": "epoch"}]
class Trainer:
    def __init__(self, max_epochs=1, **kw):
        self.max_epochs = max_epochs
    def fit(self, model, train, val=None):
        (opt,), scheds = model.configure_optimizers()
        for epoch in range(self.max_epochs):
            model.train()
            for i, batch in enumerate(train):
                opt.zero_grad()
                loss = model.training_step(batch, i)
                loss.backward()
                opt.step()
            if val is not None:
                model.eval()
                with torch.no_grad():
                    for i, batch in enumerate(val):
                        model.validation_step(batch, i)
            for s in scheds:
                s["scheduler"].step()
data = TensorDataset(torch.rand(20, 1, 4, 4), torch.randint(0, 10, (20,)))
train, val = random_split(data, [15, 5])
Trainer(max_epochs=2, accelerator="auto").fit(Lit(nn.Sequential(nn.Linear(16, 8), nn.ReLU(), nn.Linear(8, 3)), nn.Linear(3, 16)), DataLoader(train, batch_size=4, shuffle=True), DataLoader(val, 2))
